"""Putting a site on this host: Docker, directories, secrets, network, hub and proxy."""
