"""Files of any kind to vendor records: containers, encodings, framing, reading, accounting. Layer: streams."""
