"""The Python kernel of a Hearth session: runs Python statements for a supervisor.

It exchanges the frames of internal/kernel/frame.go over two pipes, runs user code in the main
thread and sends its output, values and errors. It needs the standard library alone; IPython and
pyspark are used where they are present.

It reads this environment, and removes it before user code can see it:

HEARTH_IN_FD      descriptor of the frames from the supervisor; its end of file
                  means that the supervisor is dead, and the kernel ends itself
                  and its children at once
HEARTH_OUT_FD     descriptor of the frames to the supervisor
HEARTH_ARGV_FILE  file with a JSON list of strings: sys.argv[1:] of user code
HEARTH_NO_SPARK   "1": be ready without waiting for a gateway, for sessions
                  without Spark and for tests
HEARTH_NO_IPYTHON "1": do not use IPython even if it is installed
HEARTH_SCRATCH    a private directory for IPython's profile; a temporary one is
                  made if it is not given

Descriptors 1 and 2 are the instance's log when the kernel starts. Output while no statement runs,
output of a thread or process after the end of its statement, and output beyond a statement's limit
go there.

exit(), quit() and SystemExit in a statement are its error, and the session goes on. At a Shutdown
frame the kernel runs atexit functions and ends.
"""

# Version of the protocol, as in frame.go.
PROTO = 1

# Largest frame body in bytes, as in frame.go.
MAX_FRAME = 16 << 20
