"""Did pairing a rich place with a poor one help, when only a handful of places were treated?"""
