"""What a broker must be told so that each node speaks and hears as itself alone: Mosquitto and NATS."""
