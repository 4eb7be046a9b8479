{
  lib,
  buildPythonPackage,
  fetchPypi,
  packaging,
  python-dateutil,
  tornado,
  traitlets,
}:

buildPythonPackage rec {
  pname = "jupyterhub-idle-culler";
  version = "2.0.0";
  format = "wheel";

  src = fetchPypi {
    pname = "jupyterhub_idle_culler";
    inherit version format;
    dist = "py3";
    python = "py3";
    hash = "sha256-MnO4ZUBPB84g3B9FJiCOPXlBot+4K/C76CJyQBChhQk=";
  };

  dependencies = [
    packaging
    python-dateutil
    tornado
    traitlets
  ];

  pythonImportsCheck = [ "jupyterhub_idle_culler" ];

  meta = {
    description = "Stops idle servers of JupyterHub";
    homepage = "https://github.com/jupyterhub/jupyterhub-idle-culler";
    license = lib.licenses.bsd3;
  };
}
