"""A helper's life, and how its caller hands it work and takes it back, as LLVM's own language.

A helper is a thread that never leaves ``lossary_help``: it waits in the system until it is woken, and after work spins
for a moment, as the next call may come at once and find it ten times faster. What a helper has not begun when the
caller has no more to do is taken back, so that nobody waits for one that gets no processor. ``helpers.SHARED`` and
``helpers.BOX`` name the words by which they talk.
"""

HELP = """
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
"""
