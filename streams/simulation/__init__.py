"""The practice tenant: benign life and attacks with ground truth, written apart from the detectors. Layer: streams."""

from streams.simulation.options import SCENARIOS, SimulationOptions, parse_scenarios
from streams.simulation.simulate import simulate
from streams.simulation.summary import SimulationSummary

__all__ = ["SCENARIOS", "SimulationOptions", "SimulationSummary", "parse_scenarios", "simulate"]
