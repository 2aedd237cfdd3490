"""Units at the edge: everything inside is SI, so `3 * um` is a length in metres."""

metre = 1.0
um = 1e-6
mm = 1e-3
cm = 1e-2
nm = 1e-9
second = 1.0
minute = 60.0
hour = 3600.0
hertz = 1.0
pascal = 1.0
mmHg = 133.322387415
