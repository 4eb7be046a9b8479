{
  lib,
  buildPythonPackage,
  fetchPypi,
  bcrypt,
  jupyterhub,
  onetimepass,
}:

buildPythonPackage rec {
  pname = "jupyterhub-nativeauthenticator";
  version = "1.3.0";
  format = "wheel";

  src = fetchPypi {
    pname = "jupyterhub_nativeauthenticator";
    inherit version format;
    dist = "py3";
    python = "py3";
    hash = "sha256-35JSpzDjBwcJBFw/CFIbfXBd2MniLqsquD5YggoR6zA=";
  };

  dependencies = [
    bcrypt
    jupyterhub
    onetimepass
  ];

  pythonImportsCheck = [ "nativeauthenticator" ];

  meta = {
    description = "Accounts and passwords in JupyterHub's own database";
    homepage = "https://github.com/jupyterhub/nativeauthenticator";
    license = lib.licenses.bsd3;
  };
}
