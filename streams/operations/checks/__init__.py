"""What `watchpost doctor` looks at: one check per file, each failing on its own. Layer: streams."""
