"""Bringing releases of elsewhere into a root: from another folder, an archive, or a live site.

kinds      which of these a word means
folder, archive, site    one each: what it has, and its bytes
check      what a manifest of elsewhere may say
plan       what is to be taken, and why the rest is not
carry      taking it
intake     bytes, checked on their way to the disk
wanted     the words that these share
"""
