// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spawn: what a command costs as a whole process.
 *
 *	spawn [--times N] [--from N] [--total] COMMAND [ARGUMENT…]
 *
 * Runs COMMAND N times (1), one after the other, its standard output to /dev/null; "{}" in an ARGUMENT stands for the
 * number of the run, from 0 or --from. Prints for each run, with tabs between them:
 *
 *	wall	time from before it is started until it has ended	us
 *	ran	time that processors ran anything meanwhile: without	us
 *		that for which all of them were idle
 *	cpu	time that it spent, in user space and in the kernel	us
 *	rss	memory that it had at its largest			KiB
 *	faults	page faults						1
 *
 * or, with --total, wall and ran alone, of all of them together.
 *
 * Exit status: 0 done, 1 usage, 2 the command cannot be run or failed.
 */

#define _GNU_SOURCE	/* wait4() */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* The time that all processors have run tasks: the seventh number of each one's line, in ns. */
static uint64_t ran_us(void)
{
	unsigned long long ns, sum = 0;
	char line[256];
	FILE *file = fopen("/proc/schedstat", "r");

	if (!file) {
		perror("spawn: /proc/schedstat");
		exit(2);
	}
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "cpu%*u %*u %*u %*u %*u %*u %*u %llu", &ns) == 1)
			sum += ns;
	fclose(file);
	return sum / 1000;
}

static uint64_t to_us(struct timeval time)
{
	return time.tv_sec * 1000000ULL + time.tv_usec;
}

/* @text with the number in the place of each "{}"; never freed: there are not many. */
static char *with_number(const char *text, unsigned int n)
{
	size_t size = 0;
	char *made = NULL;
	FILE *out = open_memstream(&made, &size);

	if (!out) {
		perror("spawn");
		exit(2);
	}
	for (const char *at; (at = strstr(text, "{}")); text = at + 2)
		fprintf(out, "%.*s%u", (int)(at - text), text, n);
	fputs(text, out);
	fclose(out);
	return made;
}

static char **words_of(char **argv, int argc, unsigned int n)
{
	char **words = calloc(argc + 1, sizeof(*words));

	if (!words) {
		perror("spawn");
		exit(2);
	}
	for (int i = 0; i < argc; i++)
		words[i] = with_number(argv[i], n);
	return words;
}

/* Starts and ends a process; it is vfork()ed, so its memory is its own from the start. */
static struct rusage run(char **words, const posix_spawn_file_actions_t *actions)
{
	struct rusage used;
	int status, err;
	pid_t pid;

	err = posix_spawnp(&pid, words[0], actions, NULL, words, environ);
	if (err || wait4(pid, &status, 0, &used) < 0) {
		fprintf(stderr, "spawn: %s: %s\n", words[0], strerror(err ? err : errno));
		exit(2);
	}
	if (status) {
		fprintf(stderr, "spawn: %s %s: status 0x%x\n", words[0], words[1] ? words[1] : "", status);
		exit(2);
	}
	return used;
}

static void print_times(uint64_t wall, uint64_t ran)
{
	printf("wall\t%llu\tus\n", (unsigned long long)wall);
	printf("ran\t%llu\tus\n", (unsigned long long)ran);
}

static void print_run(uint64_t wall, uint64_t ran, const struct rusage *used)
{
	print_times(wall, ran);
	printf("cpu\t%llu\tus\n", (unsigned long long)(to_us(used->ru_utime) + to_us(used->ru_stime)));
	printf("rss\t%ld\tKiB\n", used->ru_maxrss);
	printf("faults\t%ld\t1\n", used->ru_minflt + used->ru_majflt);
}

static unsigned int number(const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value > INT32_MAX) {
		fprintf(stderr, "spawn: bad number: %s\n", text);
		exit(1);
	}
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "times", required_argument, NULL, 'n' },
		{ "from", required_argument, NULL, 'f' },
		{ "total", no_argument, NULL, 't' },
		{ }
	};
	unsigned int times = 1, from = 0;
	posix_spawn_file_actions_t actions;
	uint64_t wall_sum = 0, ran_sum = 0;
	bool total = false;
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 'n')
			times = number(optarg);
		else if (c == 'f')
			from = number(optarg);
		else if (c == 't')
			total = true;
		else
			return 1;
	}
	if (optind == argc) {
		fputs("spawn: no command\n", stderr);
		return 1;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	for (unsigned int i = from; i < from + times; i++) {
		char **words = words_of(argv + optind, argc - optind, i);
		uint64_t ran_before = ran_us();
		uint64_t began = now_us();
		struct rusage used = run(words, &actions);
		uint64_t wall = now_us() - began;
		uint64_t ran = ran_us() - ran_before;

		wall_sum += wall;
		ran_sum += ran;
		if (!total)
			print_run(wall, ran, &used);
	}
	if (total)
		print_times(wall_sum, ran_sum);
	return 0;
}
