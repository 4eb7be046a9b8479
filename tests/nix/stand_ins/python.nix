# A Python environment, from a lock and the wheels of the registry that the machine is set up for.
{
  run,
  debian,
  uvLock,
}:
let
  uv = run "stand-in-uv" { inherit debian uvLock; } ''
    $debian/packages/python/bin/python3 $(echo $debian/python-wheels/pip-*.whl)/pip install --quiet \
      --no-cache-dir --no-deps --require-hashes --root-user-action ignore --target $out \
      --requirement $uvLock
  '';
in
name: lock:
run "stand-in-${name}" { inherit debian lock uv; } ''
  cp -r $debian/packages/python $out
  chmod -R u+w $out
  # in an environment of its own, so that Debian's ideas of where packages go don't count
  $out/bin/python3 -m venv --without-pip $TMPDIR/venv
  export UV_NATIVE_TLS=true
  [ -z "''${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX=$PIP_INDEX_URL
  $uv/bin/uv pip install --quiet --no-cache --no-deps --require-hashes --no-progress \
    --python $TMPDIR/venv/bin/python --requirement $lock

  rm $TMPDIR/venv/bin/{activate,python}*
  sed -i "1s|^#!$TMPDIR/venv/bin/python.*|#!$out/bin/python3|" $TMPDIR/venv/bin/*
  find $TMPDIR/venv -name '*.map' -delete
  cp -a $TMPDIR/venv/lib/python3.13/site-packages $out/lib/python3.13/
  cp -a $TMPDIR/venv/bin/. $out/bin/
  for directory in etc share; do
    [ ! -d $TMPDIR/venv/$directory ] || cp -a $TMPDIR/venv/$directory $out/
  done
  # a few packages bring files that are no valid Python
  $out/bin/python3 -m compileall -q -q -j 0 --invalidation-mode unchecked-hash -x '/tests?/' \
    $out/lib/python3.13/site-packages || true
''
