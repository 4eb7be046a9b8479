"""Accounts: names and passwords kept in JupyterHub's own database, and the pages around them."""
