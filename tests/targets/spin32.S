# SPDX-License-Identifier: Apache-2.0
# spin32 [SECONDS]: a 32-bit x86 program without a C library. _start calls f_outer, which calls f_inner
# (frame pointers all the way), which burns CPU time until the clock has moved on by SECONDS (one or two
# digits, default 5).
	.text
	.globl	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp		# the root frame
	movl	$5, %edi		# seconds
	cmpl	$2, (%esp)		# argc
	jl	ready
	movl	8(%esp), %esi		# argv[1]
	movzbl	(%esi), %edi
	subl	$'0', %edi
	movzbl	1(%esi), %eax
	testl	%eax, %eax
	jz	ready
	imull	$10, %edi
	leal	-'0'(%edi,%eax), %edi
ready:
	movl	$4, %eax		# write(1, "ready\n", 6)
	movl	$1, %ebx
	movl	$message, %ecx
	movl	$6, %edx
	int	$0x80
	call	f_outer
	movl	$1, %eax		# exit(0)
	xorl	%ebx, %ebx
	int	$0x80
	.size	_start, .-_start

	.globl	f_outer
	.type	f_outer, @function
f_outer:
	pushl	%ebp
	movl	%esp, %ebp
	movl	$13, %eax		# time(NULL)
	xorl	%ebx, %ebx
	int	$0x80
	addl	%eax, %edi		# when to end
again:
	call	f_inner
	movl	$13, %eax
	xorl	%ebx, %ebx
	int	$0x80
	cmpl	%edi, %eax
	jl	again
	popl	%ebp
	ret
	.size	f_outer, .-f_outer

	.globl	f_inner
	.type	f_inner, @function
f_inner:
	pushl	%ebp
	movl	%esp, %ebp
	movl	$1000000, %ecx
1:	decl	%ecx
	jnz	1b
	popl	%ebp
	ret
	.size	f_inner, .-f_inner

	.section .rodata
message:
	.ascii	"ready\n"
	.section .note.GNU-stack,"",@progbits
