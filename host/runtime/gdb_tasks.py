# gdb_tasks.py - the tasks of a running rentald, or of its core dump, in gdb; script/tasks calls it:
#
#     source host/runtime/gdb_tasks.py
#     tasks                 every task that is alive: address, loop, seconds, what it does, name
#     tasks where           the same, each that waits with the calls that led there
#     tasks where ADDRESS   one of them
#
# Nothing of the process is changed. The calls are found by frame pointers, with which rentald and
# its plugins are built.
import gdb
import time

# Where jump_fcontext() of Boost.Context leaves the frame pointer and the program counter.
SAVED = {"x86-64": (0x30, 0x38), "aarch64": (0x90, 0xA0)}
MOST_FRAMES = 40


def pointer(address):
    word = gdb.lookup_type("unsigned long").pointer()
    return int(gdb.Value(address).cast(word).dereference())


def text_of(words):
    raw = gdb.selected_inferior().read_memory(int(words.address), words.type.sizeof)
    return raw.tobytes().split(b"\0")[0].decode("utf-8", "replace")


def every_task():
    tasks = gdb.parse_and_eval("tasks_newest")
    while int(tasks) != 0:
        for loop in range(int(tasks["options"]["loops"])):
            task = tasks["homes"][loop]["all"]
            while int(task) != 0:
                if bool(task["alive"]):
                    yield loop, task
                task = task["all_next"]
        tasks = tasks["older"]


def frame_of(address):
    where = gdb.execute("info symbol %#x" % address, to_string=True).strip()
    line = gdb.find_pc_line(address - 1)
    where = where.split(" in section")[0]
    if line.symtab is not None:
        where += "  %s:%d" % (line.symtab.filename.split("/")[-1], line.line)
    return where


def calls_of(task):
    name = gdb.selected_frame().architecture().name()
    frame_at, pc_at = SAVED["aarch64" if "aarch64" in name else "x86-64"]
    context = int(task["fiber"]["context"])
    low = int(task["fiber"]["stack"])
    high = low + int(task["fiber"]["stack_size"])
    frame, pc = pointer(context + frame_at), pointer(context + pc_at)
    for _ in range(MOST_FRAMES):
        yield frame_of(pc)
        if not low <= frame < high - 16:
            return
        frame, pc = pointer(frame), pointer(frame + 8)
        if pc == 0:
            return


class Tasks(gdb.Command):
    """Lists the tasks of rentald. With "where [ADDRESS]": how those that wait came there."""

    def __init__(self):
        super().__init__("tasks", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        where = bool(words) and words[0] == "where"
        wanted = int(words[1], 0) if where and len(words) > 1 else None
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        count = 0
        for loop, task in every_task():
            if wanted is not None and int(task) != wanted:
                continue
            count += 1
            parked = int(task["parked_us"])
            print(
                "%#x  loop %d  age %7.1f s  %s  %s"
                % (
                    int(task),
                    loop,
                    (now - int(task["began_us"])) / 1e6,
                    "waits %7.1f s" % ((now - parked) / 1e6) if parked else "runs           ",
                    text_of(task["name"]),
                )
            )
            if where and parked:
                for call in calls_of(task):
                    print("        " + call)
        print("%d tasks" % count)


Tasks()
