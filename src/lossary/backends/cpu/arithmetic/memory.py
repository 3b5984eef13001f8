"""The C library's memory functions, for kernels: LLVM turns loops that clear or copy into calls of them.

A kernel that called another library would need a table of addresses, for which the loader that keeps its code beside
its constants has no room. These go 32 bytes at a time and then singly.
"""

MEMORY = """
define hidden ptr @memset(ptr returned %target, i32 %byte, i64 %size) #0 {
entry:
  %small = trunc i32 %byte to i8
  %first = insertelement <32 x i8> undef, i8 %small, i32 0
  %line = shufflevector <32 x i8> %first, <32 x i8> undef, <32 x i32> zeroinitializer
  %even = and i64 %size, -32
  br label %lines
lines:
  %i = phi i64 [ 0, %entry ], [ %i.next, %store ]
  %more = icmp ult i64 %i, %even
  br i1 %more, label %store, label %bytes
store:
  %place = getelementptr i8, ptr %target, i64 %i
  store <32 x i8> %line, ptr %place, align 1
  %i.next = add i64 %i, 32
  br label %lines
bytes:
  %j = phi i64 [ %even, %lines ], [ %j.next, %single ]
  %left = icmp ult i64 %j, %size
  br i1 %left, label %single, label %done
single:
  %spot = getelementptr i8, ptr %target, i64 %j
  store i8 %small, ptr %spot
  %j.next = add i64 %j, 1
  br label %bytes
done:
  ret ptr %target
}

define hidden ptr @memcpy(ptr returned %target, ptr %source, i64 %size) #0 {
entry:
  %even = and i64 %size, -32
  br label %lines
lines:
  %i = phi i64 [ 0, %entry ], [ %i.next, %copy ]
  %more = icmp ult i64 %i, %even
  br i1 %more, label %copy, label %bytes
copy:
  %from = getelementptr i8, ptr %source, i64 %i
  %line = load <32 x i8>, ptr %from, align 1
  %place = getelementptr i8, ptr %target, i64 %i
  store <32 x i8> %line, ptr %place, align 1
  %i.next = add i64 %i, 32
  br label %lines
bytes:
  %j = phi i64 [ %even, %lines ], [ %j.next, %single ]
  %left = icmp ult i64 %j, %size
  br i1 %left, label %single, label %done
single:
  %from.one = getelementptr i8, ptr %source, i64 %j
  %one = load i8, ptr %from.one
  %spot = getelementptr i8, ptr %target, i64 %j
  store i8 %one, ptr %spot
  %j.next = add i64 %j, 1
  br label %bytes
done:
  ret ptr %target
}

@llvm.compiler.used = appending global [2 x ptr] [ptr @memset, ptr @memcpy], section "llvm.metadata"
attributes #0 = { nounwind optsize "no-builtins" }
"""
"""As LLVM's own language. ``hidden`` keeps a call of them within the kernel."""
