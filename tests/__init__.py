"""The tests are a package: a folder without this file gives way to any ``tests`` among the installed packages."""
