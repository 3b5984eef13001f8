"""How an entry shares a call's examples out over threads, as LLVM's own language.

``run`` has a kernel do all examples: by the caller alone, or, where that takes long enough, in pieces that the caller
and its helpers (``help_text``) take in turn.
"""

SHARE = """
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
