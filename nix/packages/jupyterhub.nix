{
  lib,
  buildPythonPackage,
  fetchPypi,
  aiodns,
  aiohttp,
  alembic,
  certipy,
  idna,
  jinja2,
  jupyter-events,
  oauthlib,
  packaging,
  pamela,
  prometheus-client,
  pydantic,
  python-dateutil,
  requests,
  sqlalchemy,
  tornado,
  traitlets,
}:

# The wheel: it holds the built pages of the browser's side.
buildPythonPackage rec {
  pname = "jupyterhub";
  version = "6.1.1";
  format = "wheel";

  src = fetchPypi {
    inherit pname version format;
    dist = "py3";
    python = "py3";
    hash = "sha256-riDtez187x3V1R4ocj/VOFPWn3Muep6EpzE2rKtFQkg=";
  };

  dependencies = [
    aiodns
    aiohttp
    alembic
    certipy
    idna
    jinja2
    jupyter-events
    oauthlib
    packaging
    pamela
    prometheus-client
    pydantic
    python-dateutil
    requests
    sqlalchemy
    tornado
    traitlets
  ];

  pythonImportsCheck = [ "jupyterhub" ];

  meta = {
    description = "Serves notebook servers for many users";
    homepage = "https://jupyter.org/hub";
    license = lib.licenses.bsd3;
    mainProgram = "jupyterhub";
  };
}
