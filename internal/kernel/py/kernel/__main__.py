"""Entry of the Python kernel: `python path/to/this/directory`.

It makes the package beside it importable, takes itself off sys.path again so
that user code never imports from here by accident, and hands over.
"""

import os
import sys


def start():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[0] = here
    from hearth_kernel import main

    # What an interactive interpreter has in this place: the working directory.
    sys.path[0] = ""
    main.main()


start()
