"""The tests, as a package of its own: a folder without this file gives way to any ``tests`` among the installed packages."""
