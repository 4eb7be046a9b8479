"""hubwright: a JupyterHub for a lab's GPU machines that proves itself."""

__version__ = "0.1.0"
