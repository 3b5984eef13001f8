"""How an entry shares a call's examples out over threads, as LLVM's own language.

``run`` has a kernel do all examples: by the caller alone, or, where that takes long enough, in pieces that the caller
and its helpers take in turn. A helper is a thread that never leaves ``lossary_help``: it waits in the system until it
is woken, and after work spins for a moment, as the next call may come at once and find it ten times faster. What a
helper has not begun when the caller has no more to do is taken back, so that nobody waits for one that gets no
processor. ``helpers.SHARED`` and ``helpers.BOX`` name the words by which they talk.
"""

SHARE = """
define internal i64 @now(ptr %shared) {
  %time = alloca [2 x i64]
  %clock.at = getelementptr i64, ptr %shared, i64 {s_clock}
  %clock = load ptr, ptr %clock.at
  %ignored = call i32 %clock(i32 1, ptr %time)
  %seconds = load i64, ptr %time
  %rest.at = getelementptr i64, ptr %time, i64 1
  %rest = load i64, ptr %rest.at
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %rest
  ret i64 %now
}

; Do pieces until there are none left; how many examples that was.
define internal i64 @pieces(ptr %shared, ptr %record) {
start:
  %next.at = getelementptr i64, ptr %shared, i64 {s_next}
  %stop.at = getelementptr i64, ptr %shared, i64 {s_stop}
  %stop = load i64, ptr %stop.at
  %step.at = getelementptr i64, ptr %shared, i64 {s_step}
  %step = load i64, ptr %step.at
  %kernel.at = getelementptr i64, ptr %shared, i64 {s_kernel}
  %kernel = load ptr, ptr %kernel.at
  br label %take
take:
  %done = phi i64 [ 0, %start ], [ %done.next, %piece ]
  %first = atomicrmw add ptr %next.at, i64 %step seq_cst
  %is.some = icmp slt i64 %first, %stop
  br i1 %is.some, label %piece, label %none
piece:
  %beyond = add i64 %first, %step
  %is.last = icmp sgt i64 %beyond, %stop
  %end = select i1 %is.last, i64 %stop, i64 %beyond
  call void %kernel(ptr %record, i64 %first, i64 %end)
  %count = sub i64 %end, %first
  %done.next = add i64 %done, %count
  br label %take
none:
  ret i64 %done
}

; A helper's life, in its own thread: it never returns.
define void @lossary_help(ptr %box) {
start:
  %woken.at = getelementptr i64, ptr %box, i64 {b_woken}
  %shared.at = getelementptr i64, ptr %box, i64 {b_shared}
  %shared = load ptr, ptr %shared.at
  %window.at = getelementptr i64, ptr %shared, i64 {s_window}
  %semaphore = getelementptr i64, ptr %box, i64 {b_semaphore}
  %record = getelementptr i64, ptr %box, i64 {b_record}
  %wait.at = getelementptr i64, ptr %shared, i64 {s_wait}
  %wait = load ptr, ptr %wait.at
  br label %park
park:
  %ignored = call i32 %wait(ptr %semaphore)
  %was.woken = atomicrmw xchg ptr %woken.at, i64 0 seq_cst
  br label %begin
begin:
  %begun = cmpxchg ptr %box, i64 {POSTED}, i64 {WORKING} seq_cst seq_cst
  %has.work = extractvalue { i64, i1 } %begun, 1
  br i1 %has.work, label %work, label %late
; The work was taken back. Calls keep coming, though.
late:
  %awake = cmpxchg ptr %box, i64 {PARKED}, i64 {SPINNING} seq_cst seq_cst
  %is.awake = extractvalue { i64, i1 } %awake, 1
  br i1 %is.awake, label %spin, label %begin
work:
  %done = call i64 @pieces(ptr %shared, ptr %record)
  store atomic i64 {SPINNING}, ptr %box seq_cst, align 8
  br label %spin
spin:
  %window = load i64, ptr %window.at
  %since = call i64 @now(ptr %shared)
  %until = add i64 %since, %window
  br label %look
look:
  %k = phi i64 [ 0, %spin ], [ 0, %clock ], [ %k.next, %pause ]
  %state = load atomic i64, ptr %box acquire, align 8
  %is.posted = icmp eq i64 %state, {POSTED}
  br i1 %is.posted, label %begin.spinning, label %pause
pause:
  {pause}
  %k.next = add i64 %k, 1
  %look.again = icmp slt i64 %k.next, 16
  br i1 %look.again, label %look, label %clock
clock:
  %now = call i64 @now(ptr %shared)
  %is.early = icmp slt i64 %now, %until
  br i1 %is.early, label %look, label %tired
tired:
  %parked = cmpxchg ptr %box, i64 {SPINNING}, i64 {PARKED} seq_cst seq_cst
  %is.parked = extractvalue { i64, i1 } %parked, 1
  br i1 %is.parked, label %park, label %begin.spinning
begin.spinning:
  %begun.spinning = cmpxchg ptr %box, i64 {POSTED}, i64 {WORKING} seq_cst seq_cst
  %has.work.spinning = extractvalue { i64, i1 } %begun.spinning, 1
  br i1 %has.work.spinning, label %work, label %spin
}

; Give a helper the kernel's record, with scratch and tally of its own, and say so.
define internal void @post(ptr %settings, ptr %shared, ptr %box, ptr %record, i1 %may.wake) {
start:
  %asked.at = getelementptr i64, ptr %box, i64 {b_asked}
  store i64 0, ptr %asked.at
  %state = load atomic i64, ptr %box acquire, align 8
  %is.spinning = icmp eq i64 %state, {SPINNING}
  %is.parked = icmp eq i64 %state, {PARKED}
  %is.woken = and i1 %is.parked, %may.wake
  %is.there = or i1 %is.spinning, %is.woken
  br i1 %is.there, label %fill, label %over
fill:
  %length.at = getelementptr i64, ptr %settings, i64 {length}
  %length = load i64, ptr %length.at
  %theirs = getelementptr i64, ptr %box, i64 {b_record}
  br label %copy
copy:
  %i = phi i64 [ 0, %fill ], [ %i.next, %copy ]
  %from = getelementptr i64, ptr %record, i64 %i
  %word = load i64, ptr %from
  %to = getelementptr i64, ptr %theirs, i64 %i
  store i64 %word, ptr %to
  %i.next = add i64 %i, 1
  %more = icmp slt i64 %i.next, %length
  br i1 %more, label %copy, label %own
own:
  %scratch.at = getelementptr i64, ptr %box, i64 {b_scratch}
  %scratch = load i64, ptr %scratch.at
  store i64 %scratch, ptr %theirs
  %bins.at = getelementptr i64, ptr %box, i64 {b_tally}
  %bins = load i64, ptr %bins.at
  %bins_word.at = getelementptr i64, ptr %settings, i64 {bins_word}
  %bins_word = load i64, ptr %bins_word.at
  %their.bins = getelementptr i64, ptr %theirs, i64 %bins_word
  store i64 %bins, ptr %their.bins
  %flags.offset = mul i64 {flags}, 8
  %flags = add i64 %bins, %flags.offset
  %their.flags = getelementptr i64, ptr %their.bins, i64 1
  store i64 %flags, ptr %their.flags
  %tally = inttoptr i64 %bins to ptr
  br label %clear
clear:
  %c = phi i64 [ 0, %own ], [ %c.next, %clear ]
  %clear.at = getelementptr i64, ptr %tally, i64 %c
  store i64 0, ptr %clear.at
  %c.next = add i64 %c, 1
  %more.bins = icmp slt i64 %c.next, {words_of_tally}
  br i1 %more.bins, label %clear, label %say
say:
  %said = cmpxchg ptr %box, i64 %state, i64 {POSTED} seq_cst seq_cst
  %is.said = extractvalue { i64, i1 } %said, 1
  br i1 %is.said, label %wake, label %over
wake:
  store i64 %state, ptr %asked.at
  br i1 %is.parked, label %mark, label %over
; A wake that is still on its way is enough.
mark:
  %woken.at = getelementptr i64, ptr %box, i64 {b_woken}
  %on.its.way = atomicrmw xchg ptr %woken.at, i64 1 seq_cst
  %is.none = icmp eq i64 %on.its.way, 0
  br i1 %is.none, label %call, label %over
call:
  %semaphore = getelementptr i64, ptr %box, i64 {b_semaphore}
  %wake.at = getelementptr i64, ptr %shared, i64 {s_wake}
  %waking = load ptr, ptr %wake.at
  %ignored = call i32 %waking(ptr %semaphore)
  br label %over
over:
  ret void
}

; Take work back that a helper has not begun; else wait for its end, and add what it counted.
define internal void @gather(ptr %shared, ptr %box, ptr %tally) {
start:
  %asked.at = getelementptr i64, ptr %box, i64 {b_asked}
  %asked = load i64, ptr %asked.at
  %was.asked = icmp ne i64 %asked, 0
  br i1 %was.asked, label %withdraw, label %over
withdraw:
  %back = cmpxchg ptr %box, i64 {POSTED}, i64 %asked seq_cst seq_cst
  %is.back = extractvalue { i64, i1 } %back, 1
  br i1 %is.back, label %over, label %look
look:
  %k = phi i64 [ 0, %withdraw ], [ %k.next, %pause ], [ 0, %yield ]
  %state = load atomic i64, ptr %box acquire, align 8
  %is.working = icmp eq i64 %state, {WORKING}
  br i1 %is.working, label %pause, label %merge
pause:
  {pause}
  %k.next = add i64 %k, 1
  %look.again = icmp slt i64 %k.next, 1024
  br i1 %look.again, label %look, label %yield
; It has lost its processor: it may have this one.
yield:
  %yield.at = getelementptr i64, ptr %shared, i64 {s_yield}
  %yielding = load ptr, ptr %yield.at
  %ignored = call i32 %yielding()
  br label %look
merge:
  %bins.at = getelementptr i64, ptr %box, i64 {b_tally}
  %bins = load ptr, ptr %bins.at
  br label %bin
bin:
  %c = phi i64 [ 0, %merge ], [ %c.next, %bin ]
  %their.at = getelementptr i64, ptr %bins, i64 %c
  %their = load i64, ptr %their.at
  %mine.at = getelementptr i64, ptr %tally, i64 %c
  %mine = load i64, ptr %mine.at
  %both = add i64 %mine, %their
  store i64 %both, ptr %mine.at
  %c.next = add i64 %c, 1
  %more.bins = icmp slt i64 %c.next, {flags}
  br i1 %more.bins, label %bin, label %flag
flag:
  %their.flags.at = getelementptr i64, ptr %bins, i64 {flags}
  %their.flags = load i64, ptr %their.flags.at
  %flags.at = getelementptr i64, ptr %tally, i64 {flags}
  %flags = load i64, ptr %flags.at
  %either = or i64 %flags, %their.flags
  store i64 %either, ptr %flags.at
  br label %over
over:
  ret void
}

; The nanoseconds that 1,024 examples take, after another run: a mean of late runs, without a single slow one.
define internal void @learn(ptr %rate.at, i64 %nanoseconds, i64 %examples) {
  %before = load i64, ptr %rate.at
  %scaled = shl i64 %nanoseconds, 10
  %found.exact = sdiv i64 %scaled, %examples
  %found = add i64 %found.exact, 1
  %is.first = icmp eq i64 %before, 0
  %twice = shl i64 %before, 1
  %is.slow = icmp sgt i64 %found, %twice
  %bounded = select i1 %is.slow, i64 %twice, i64 %found
  %thrice = mul i64 %before, 3
  %sum = add i64 %thrice, %bounded
  %mean = ashr i64 %sum, 2
  %after = select i1 %is.first, i64 %found, i64 %mean
  store i64 %after, ptr %rate.at
  ret void
}

; Have the kernel do all examples, without Python's lock. False if Python code raised, and nothing is done.
define internal i1 @run(ptr %settings, ptr %record, ptr %tally, i64 %examples) {
start:
  %kernel.at = getelementptr i64, ptr %settings, i64 {kernel}
  %kernel = load ptr, ptr %kernel.at
  %shared.at = getelementptr i64, ptr %settings, i64 {shared}
  %shared = load ptr, ptr %shared.at
  %save.at = getelementptr i64, ptr %settings, i64 {save}
  %save = load ptr, ptr %save.at
  %restore.at = getelementptr i64, ptr %settings, i64 {restore}
  %restore = load ptr, ptr %restore.at
  %rate.at = getelementptr i64, ptr %settings, i64 {rate}
  %ended.at = getelementptr i64, ptr %shared, i64 {s_ended}
  %allowed.at = getelementptr i64, ptr %shared, i64 {s_allowed}
  %allowed = load i64, ptr %allowed.at
  %is.allowed = icmp sgt i64 %allowed, 0
  br i1 %is.allowed, label %estimate, label %by.itself
by.itself:
  %thread.1 = call ptr %save()
  call void %kernel(ptr %record, i64 0, i64 %examples)
  call void %restore(ptr %thread.1)
  ret i1 true

estimate:
  %began = call i64 @now(ptr %shared)
  %rate = load i64, ptr %rate.at
  %scaled = mul i64 %rate, %examples
  %expected = ashr i64 %scaled, 10
  %ended = load i64, ptr %ended.at
  %gap = sub i64 %began, %ended
  %half = ashr i64 %expected, 1
  %is.shorter = icmp slt i64 %half, {longest_gap}
  %at.least = select i1 %is.shorter, i64 {longest_gap}, i64 %half
  %is.longer = icmp sgt i64 %at.least, {very_longest_gap}
  %longest.gap = select i1 %is.longer, i64 {very_longest_gap}, i64 %at.least
  %keep.coming = icmp slt i64 %gap, %longest.gap
  %twice.gap = shl i64 %gap, 1
  %spin = add i64 %twice.gap, {window}
  %window = select i1 %keep.coming, i64 %spin, i64 %longest.gap
  %window.at = getelementptr i64, ptr %shared, i64 {s_window}
  store i64 %window, ptr %window.at
  %streak.at = getelementptr i64, ptr %shared, i64 {s_streak}
  %streak.before = load i64, ptr %streak.at
  %streak.more = add i64 %streak.before, 1
  %streak = select i1 %keep.coming, i64 %streak.more, i64 0
  store i64 %streak, ptr %streak.at
  %is.loop = icmp sge i64 %streak, {long_streak}
  %is.long = icmp sge i64 %expected, {long_parked}
  %may.wake = or i1 %is.loop, %is.long
  %unit.at = getelementptr i64, ptr %settings, i64 {unit}
  %unit = load i64, ptr %unit.at
  %units = sdiv i64 %examples, %unit
  %by.units = sub i64 %units, 1
  %by.time = sdiv i64 %expected, {long_share}
  %few.units = icmp slt i64 %by.units, %by.time
  %by.work = select i1 %few.units, i64 %by.units, i64 %by.time
  %few.allowed = icmp slt i64 %allowed, %by.work
  %wanted = select i1 %few.allowed, i64 %allowed, i64 %by.work
  %is.wanted = icmp sgt i64 %wanted, 0
  %is.worth = icmp sge i64 %expected, {long_spinning}
  %is.shared = and i1 %is.wanted, %is.worth
  br i1 %is.shared, label %ready, label %alone

alone:
  %thread.2 = call ptr %save()
  call void %kernel(ptr %record, i64 0, i64 %examples)
  call void %restore(ptr %thread.2)
  %over.alone = call i64 @now(ptr %shared)
  store i64 %over.alone, ptr %ended.at
  %taken.alone = sub i64 %over.alone, %began
  call void @learn(ptr %rate.at, i64 %taken.alone, i64 %examples)
  ret i1 true

; Are there helpers, and do they wake elsewhere than here?
ready:
  %running.at = getelementptr i64, ptr %shared, i64 {s_running}
  %running = load i64, ptr %running.at
  %avoided.at = getelementptr i64, ptr %shared, i64 {s_avoided}
  %avoided = load i64, ptr %avoided.at
  %processor.at = getelementptr i64, ptr %shared, i64 {s_processor}
  %processor.of = load ptr, ptr %processor.at
  %processor.32 = call i32 %processor.of()
  %processor = sext i32 %processor.32 to i64
  %is.moved = icmp ne i64 %processor, %avoided
  %is.lacking = icmp slt i64 %running, %wanted
  %is.unprepared = or i1 %is.moved, %is.lacking
  %is.to.prepare = and i1 %is.unprepared, %may.wake
  br i1 %is.to.prepare, label %prepare, label %count
prepare:
  %wanted.at = getelementptr i64, ptr %shared, i64 {s_wanted}
  store i64 %wanted, ptr %wanted.at
  %caller.at = getelementptr i64, ptr %shared, i64 {s_caller}
  store i64 %processor, ptr %caller.at
  %prepare.at = getelementptr i64, ptr %settings, i64 {prepare}
  %preparing = load ptr, ptr %prepare.at
  %invoke.at = getelementptr i64, ptr %settings, i64 {invoke}
  %invoke = load ptr, ptr %invoke.at
  %prepared = call ptr %invoke(ptr %preparing)
  %has.raised = icmp eq ptr %prepared, null
  br i1 %has.raised, label %raised, label %release
raised:
  ret i1 false
release:
  %decref.at = getelementptr i64, ptr %settings, i64 {decref}
  %decref = load ptr, ptr %decref.at
  call void %decref(ptr %prepared)
  br label %count
count:
  %running.now = load i64, ptr %running.at
  %are.few = icmp slt i64 %running.now, %wanted
  %helpers = select i1 %are.few, i64 %running.now, i64 %wanted
  %are.any = icmp sgt i64 %helpers, 0
  br i1 %are.any, label %divide, label %alone
divide:
  %threads = add i64 %helpers, 1
  %shares = mul i64 %threads, {pieces_a_thread}
  %units.each = sdiv i64 %units, %shares
  %is.less = icmp slt i64 %units.each, 1
  %units.piece = select i1 %is.less, i64 1, i64 %units.each
  %step = mul i64 %units.piece, %unit
  %next.at = getelementptr i64, ptr %shared, i64 {s_next}
  store atomic i64 0, ptr %next.at seq_cst, align 8
  %stop.at = getelementptr i64, ptr %shared, i64 {s_stop}
  store i64 %examples, ptr %stop.at
  %step.at = getelementptr i64, ptr %shared, i64 {s_step}
  store i64 %step, ptr %step.at
  %job.at = getelementptr i64, ptr %shared, i64 {s_kernel}
  store ptr %kernel, ptr %job.at
  %boxes = getelementptr i64, ptr %shared, i64 {boxes}
  %thread.3 = call ptr %save()
  br label %posting
posting:
  %p = phi i64 [ 0, %divide ], [ %p.next, %posting ]
  %p.words = mul i64 %p, {words_of_box}
  %p.box = getelementptr i64, ptr %boxes, i64 %p.words
  call void @post(ptr %settings, ptr %shared, ptr %p.box, ptr %record, i1 %may.wake)
  %p.next = add i64 %p, 1
  %more.to.post = icmp slt i64 %p.next, %helpers
  br i1 %more.to.post, label %posting, label %own
own:
  %since = call i64 @now(ptr %shared)
  %mine = call i64 @pieces(ptr %shared, ptr %record)
  %done = call i64 @now(ptr %shared)
  br label %gathering
gathering:
  %g = phi i64 [ 0, %own ], [ %g.next, %gathering ]
  %g.words = mul i64 %g, {words_of_box}
  %g.box = getelementptr i64, ptr %boxes, i64 %g.words
  call void @gather(ptr %shared, ptr %g.box, ptr %tally)
  %g.next = add i64 %g, 1
  %more.to.gather = icmp slt i64 %g.next, %helpers
  br i1 %more.to.gather, label %gathering, label %over
over:
  %over.shared = call i64 @now(ptr %shared)
  call void %restore(ptr %thread.3)
  store i64 %over.shared, ptr %ended.at
  %did.some = icmp sgt i64 %mine, 0
  br i1 %did.some, label %measured, label %finished
measured:
  %taken = sub i64 %done, %since
  call void @learn(ptr %rate.at, i64 %taken, i64 %mine)
  br label %finished
finished:
  ret i1 true
}

; ``shared(record, tally, examples)``: run a kernel over a record that its caller has packed. False if others are at it.
define ptr @lossary_shared(ptr %self, ptr %arguments, i64 %count) {
start:
  %self.data = getelementptr i8, ptr %self, i64 16
  %settings = load ptr, ptr %self.data
  %integer.at = getelementptr i64, ptr %settings, i64 {integer}
  %integer = load ptr, ptr %integer.at
  %bool.at = getelementptr i64, ptr %settings, i64 {bool}
  %bool = load ptr, ptr %bool.at
  %shared.at = getelementptr i64, ptr %settings, i64 {shared}
  %shared = load ptr, ptr %shared.at
  %record.object = load ptr, ptr %arguments
  %record.address = call i64 %integer(ptr %record.object)
  %record = inttoptr i64 %record.address to ptr
  %tally.place = getelementptr ptr, ptr %arguments, i64 1
  %tally.object = load ptr, ptr %tally.place
  %tally.address = call i64 %integer(ptr %tally.object)
  %tally = inttoptr i64 %tally.address to ptr
  %examples.place = getelementptr ptr, ptr %arguments, i64 2
  %examples.object = load ptr, ptr %examples.place
  %examples = call i64 %integer(ptr %examples.object)
  %busy = load i64, ptr %shared
  %is.free = icmp eq i64 %busy, 0
  br i1 %is.free, label %go, label %answer
go:
  store i64 1, ptr %shared
  %is.done = call i1 @run(ptr %settings, ptr %record, ptr %tally, i64 %examples)
  store i64 0, ptr %shared
  br i1 %is.done, label %answer, label %raised
raised:
  ret ptr null
answer:
  %is.run = zext i1 %is.free to i64
  %said = call ptr %bool(i64 %is.run)
  ret ptr %said
}
"""
