"""Grafana dashboards, built from code and checked against what the gateway really writes."""
