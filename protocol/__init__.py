"""What edge and gateway agree on: messages, topics, the access list and how it decides, signatures."""
