# The proxy: configurable-http-proxy.
{
  runCommand,
  configurable-http-proxy,
  makeImage,
}:
makeImage {
  name = "proxy";
  contents = [
    configurable-http-proxy
    (runCommand "hubwright-start-proxy" { } ''
      install -D ${../../images/proxy/start-proxy} $out/bin/start-proxy
    '')
  ];
  env.NODE_ENV = "production";
  config = {
    Entrypoint = [ "/bin/start-proxy" ];
    User = "60801:60801";
  };
}
