"""The distributed driver: Kafka is the log, Faust the membership, one transactional store per partition. Layer: streams."""
