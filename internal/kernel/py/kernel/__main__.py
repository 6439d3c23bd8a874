"""Entry of the Python kernel: `python path/to/this/directory`.

It makes the package beside it importable, takes its directory off sys.path again so that user code
never imports from here by accident, and calls main.
"""

import os
import sys


def start():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[0] = here
    from hearth_kernel import main

    # An interactive interpreter has the working directory in this place.
    sys.path[0] = ""
    main.main()


start()
