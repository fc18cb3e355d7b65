"""The shell: collectors, drivers, sinks, simulation, evaluation, command line. Layer: streams."""
