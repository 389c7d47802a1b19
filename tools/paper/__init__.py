"""The whole book in one file: as PDF, and as EPUB.

Both are made from the pages of the built site, as a browser lays them out for paper.
"""
