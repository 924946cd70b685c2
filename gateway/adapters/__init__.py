"""The gateway's rim: one technology each, behind the ports."""
