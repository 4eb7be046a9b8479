# Programs of Debian that need nothing from outside of their store path: packages/NAME/bin, and the
# libraries of all of them in lib. They run in an image that holds nothing else.
{ run, packages }:
run "stand-in-debian" { } ''
  root=$TMPDIR/root
  mmdebstrap --quiet --variant=extract --skip=cleanup --aptopt='Acquire::Languages "none"' \
    --include=libstdc++6,python3-pip-whl,python3.13,${builtins.concatStringsSep "," packages} trixie $root
  libraries=$root/usr/lib/x86_64-linux-gnu

  mkdir -p $out/lib
  cp -a $libraries/*.so* $out/lib/
  for package in ${toString packages}; do
    dpkg-deb --extract $root/var/cache/apt/archives/''${package}_*.deb $TMPDIR/$package
    mkdir -p $out/packages/$package
    cp -a $TMPDIR/$package/usr/bin $out/packages/$package/
  done
  ln -s bash $out/packages/bash/bin/sh
  ln -s gawk $out/packages/gawk/bin/awk

  # what compiled programs expect of a compiler
  mkdir -p $out/packages/libraries/lib
  cp -a $libraries/lib{gcc_s,stdc++,z}.so* $out/packages/libraries/lib/

  python=$out/packages/python
  mkdir -p $python/bin $python/lib
  cp -a $root/usr/bin/python3.13 $python/bin/
  ln -s python3.13 $python/bin/python3
  ln -s python3.13 $python/bin/python
  cp -a $root/usr/lib/python3.13 $python/lib/
  cp -a $root/usr/share/python-wheels $out/
  rm -f $python/lib/python3.13/{EXTERNALLY-MANAGED,sitecustomize.py}
  # Debian's Python looks for packages elsewhere; like nixpkgs' it takes its own after the user's
  cat >$python/lib/python3.13/sitecustomize.py <<'PYTHON'
  import os, site, sys
  sys.path[:] = [path for path in sys.path if not path.endswith("dist-packages")]
  site.addsitedir(os.path.join(os.path.dirname(os.__file__), "site-packages"))
  PYTHON

  # an RPATH, not a RUNPATH: the libraries of modules that are loaded later are found by it, too
  for file in $(find $out/packages -type f -perm /100); do
    if patchelf --print-interpreter $file >/dev/null 2>&1; then
      patchelf --set-interpreter $out/lib/ld-linux-x86-64.so.2 --force-rpath --set-rpath $out/lib $file
    fi
  done
  # files in the store are dated 1970: .pyc files that go by dates are stale there
  $python/bin/python3 -m compileall -q -q -j 0 --invalidation-mode unchecked-hash $python/lib
''
