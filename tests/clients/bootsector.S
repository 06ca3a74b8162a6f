/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that fits into the first sector of its disk: it writes the blocks 1 to BLOCKS of 4 KiB, each full of its own number
 * (16 bits), reads them again, says on the first serial port what came of it, and rests.
 */
#define BLOCKS	64
#define SECTORS	8			/* in a block */
#define WORDS	(SECTORS * 512 / 2)
#define OUT	0x1000			/* segments of what is written and of what is read */
#define IN	0x2000

	.code16
	.globl start
start:
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7c00, %sp
	cld
	movb	%dl, drive

	movw	$1, %bx
write:	call	fill
	movw	$OUT, segment
	movb	$0x43, %ah		/* extended write */
	call	transfer
	incw	%bx
	cmpw	$BLOCKS, %bx
	jbe	write

	movw	$1, %bx
read:	movw	$IN, segment
	movb	$0x42, %ah		/* extended read */
	call	transfer
	movw	%bx, %ax
	movw	$WORDS, %cx
	xorw	%di, %di
	repe scasw
	jne	wrong
	incw	%bx
	cmpw	$BLOCKS, %bx
	jbe	read
	movw	$well, %si
	jmp	say
wrong:	movw	$bad, %si

say:	lodsb
	testb	%al, %al
	jz	rest
	movw	$0x3f8, %dx
	outb	%al, %dx
	jmp	say
rest:	hlt
	jmp	rest

/* %bx: the block, whose number fills the segment OUT. */
fill:	movw	$OUT, %ax
	movw	%ax, %es
	movw	%bx, %ax
	movw	$WORDS, %cx
	xorw	%di, %di
	rep stosw
	ret

/* %bx: the block, %ah: what to do. Leaves %es at the segment. */
transfer:
	movw	%bx, sector
	shlw	$3, sector
	xorb	%al, %al
	movb	drive, %dl
	movw	$packet, %si
	pushw	%bx
	int	$0x13
	popw	%bx
	jc	wrong
	movw	segment, %es
	ret

packet:	.byte	16, 0
	.word	SECTORS
	.word	0			/* offset */
segment: .word	0
sector:	.quad	0
drive:	.byte	0
well:	.asciz	"all blocks are right\r\n"
bad:	.asciz	"a block is wrong\r\n"

	.org	510
	.word	0xaa55
