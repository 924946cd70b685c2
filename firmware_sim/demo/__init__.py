"""The whole building on one machine: broker, gateway, a month of past, real nodes, people at doors."""
