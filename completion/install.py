#!/usr/bin/env python3
"""Installs a file under another name: install.py FILE PATH_UNDER_THE_PREFIX."""

import os
import shutil
import sys

target = os.path.join(os.environ["MESON_INSTALL_DESTDIR_PREFIX"], sys.argv[2])
os.makedirs(os.path.dirname(target), exist_ok=True)
shutil.copyfile(sys.argv[1], target)
