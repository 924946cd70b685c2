"""What both programs, node and gateway, ask of the machine that runs them."""
