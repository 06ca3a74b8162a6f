// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vdpa_vmm: use a vhost-vdpa character device as a virtual machine monitor would.
 *
 *	vdpa_vmm NODE blk   [count N] [depth N] [queues N] [base N] [suspend-after N] [suspend-ms N]
 *			    [reset-after N] [endless 1] [hold 1]
 *	vdpa_vmm NODE net   [count N] [depth N] [size N] [send 0|1] [receive 0|1] [to MAC-AS-NUMBER]
 *			    [hold 1]
 *	vdpa_vmm NODE break { help | KIND }
 *	vdpa_vmm NODE fuzz  [seed N] [seconds N | rounds N]
 *	vdpa_vmm NODE guest { blk [depth N] [queues N] [blocks N] [rate N] [indirect 1] | net [depth N] [size N] }
 *	vdpa_vmm NODE guest { blk | net } restore FILE
 *	vdpa_vmm NODE image { read | write } [blocks N]
 *	vdpa_vmm NODE dirty DEVICE [rounds N] [seed N] [merge 0|1]
 *
 * A guest works until it is told otherwise: guest.c says what it can be told. An image is the first
 * blocks of a disk, on standard output or input.
 *
 * SIGUSR1 has it tell, a line a queue, how far the driver's own rings are. SIGUSR2 ends what would go
 * on (endless, or a large count), after the requests that are on their way and the comparison. A guest
 * takes SIGUSR1 for the wish to move.
 *
 * With hold it keeps the device as it is when it is done, until its standard input ends.
 *
 * Exit status: 0 all went as it should, 1 usage, 2 it did not.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vmm.h"

volatile sig_atomic_t vmm_snapshot_asked;
volatile sig_atomic_t vmm_stop_asked;

static const struct {
	const char *name;
	int (*run)(const char *node, int argc, char **argv);
} programs[] = {
	{ "blk", vmm_blk },
	{ "net", vmm_net },
	{ "break", vmm_break },
	{ "fuzz", vmm_fuzz },
	{ "guest", vmm_guest },
	{ "image", vmm_image },
	{ "dirty", vmm_dirty },
};

/* Where vmm_fail() leads, and where it leaves its message; NULL: out of the program. */
static struct {
	jmp_buf *to;
	char *why;
	size_t size;
} catcher;

_Noreturn void vmm_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (catcher.to) {
		vsnprintf(catcher.why, catcher.size, format, args);
		va_end(args);
		longjmp(*catcher.to, 1);
	}
	fflush(stdout);
	fputs("vdpa_vmm: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

/*
 * Returns whether @what was done. Where it was not, @why says why, and what it had begun stays as
 * it is. It must not try anything in its turn.
 */
bool vmm_try(void (*what)(void *arg), void *arg, char *why, size_t size)
{
	jmp_buf here;

	catcher.to = &here;
	catcher.why = why;
	catcher.size = size;
	if (!setjmp(here)) {
		what(arg);
		catcher.to = NULL;
		return true;
	}
	catcher.to = NULL;
	return false;
}

_Noreturn void vmm_fail_errno(const char *what)
{
	vmm_fail("%s: %s", what, strerror(errno));
}

uint64_t vmm_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* By the clock on the wall: it is that of other programs, too. */
uint64_t vmm_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* Until nobody is at the other end of standard input any more. */
void vmm_hold(void)
{
	puts("holding");
	while (getchar() != EOF)
		;
}

static _Noreturn void usage(void)
{
	fputs("Usage: vdpa_vmm NODE { blk | net | fuzz } [ OPTION NUMBER ] …\n"
	      "       vdpa_vmm NODE break { help | KIND }\n"
	      "       vdpa_vmm NODE guest { blk | net } { [ OPTION NUMBER ] … | restore FILE }\n"
	      "       vdpa_vmm NODE image { read | write } [ blocks NUMBER ]\n"
	      "       vdpa_vmm NODE dirty DEVICE [ OPTION NUMBER ] …\n", stderr);
	exit(1);
}

static void set_option(const struct vmm_option *options, const char *name, const char *text)
{
	char *end;

	for (; options->name; options++) {
		if (strcmp(options->name, name))
			continue;
		errno = 0;
		*options->value = strtoul(text, &end, 0);
		if (errno || end == text || *end)
			usage();
		return;
	}
	usage();
}

/* Words in pairs: the name of an option and a number. */
void vmm_options(int argc, char **argv, const struct vmm_option *options)
{
	int i;

	if (argc % 2)
		usage();
	for (i = 0; i < argc; i += 2)
		set_option(options, argv[i], argv[i + 1]);
}

static void on_signal(int number)
{
	if (number == SIGUSR1)
		vmm_snapshot_asked = 1;
	else
		vmm_stop_asked = 1;
}

/* They come while vmm_wait() waits and at no other time, so that none is overlooked. */
static void take_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGUSR2);
	if (sigprocmask(SIG_BLOCK, &both, NULL) || sigaction(SIGUSR1, &action, NULL) ||
	    sigaction(SIGUSR2, &action, NULL))
		vmm_fail_errno("signals");
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 3)
		usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	take_signals();
	for (i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (!strcmp(argv[2], programs[i].name))
			return programs[i].run(argv[1], argc - 3, argv + 3);
	usage();
}
