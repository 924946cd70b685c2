"""The technologies behind the ports: nfcpy, gpiozero, SQLite, paho-mqtt, the kernel's clocks."""
