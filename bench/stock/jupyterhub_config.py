"""Stock: JupyterHub and DockerSpawner as their documentation sets them up, nothing tuned."""

import os

c = get_config()  # noqa: F821

c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['PORT']}"
c.JupyterHub.hub_ip = os.environ["HUB_ADDRESS"]
c.JupyterHub.hub_port = int(os.environ["HUB_PORT"])
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['PROXY_API_PORT']}"
c.ConfigurableHTTPProxy.auth_token = os.environ["TOKEN"]
c.JupyterHub.cookie_secret = os.urandom(32)
c.JupyterHub.db_url = "sqlite:////tmp/stock.sqlite"

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [{"name": "bench", "api_token": os.environ["TOKEN"]}]
c.JupyterHub.load_roles = [
    {
        "name": "bench",
        "scopes": ["admin:users", "admin:servers", "list:users"],
        "services": ["bench"],
    }
]

c.JupyterHub.spawner_class = "docker"
c.DockerSpawner.image = os.environ["IMAGE"]
c.DockerSpawner.remove = True
c.DockerSpawner.prefix = os.environ["PREFIX"]
