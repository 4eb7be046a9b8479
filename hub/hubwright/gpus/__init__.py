"""Devices and leases: what can be leased (inventory), and who gets which (lease)."""
