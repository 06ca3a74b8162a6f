// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ahead.h"
#include "cli/batch.h"
#include "cli/error.h"

enum { FIRST_READ = 64 * 1024, LINE_MAX_SIZE = 1024 * 1024 };

/* --- lines --- */

struct reader {
	int fd;
	char *bytes;
	size_t size, begin, end;	/* what is not yet given away is from @begin to @end */
	bool at_end;			/* of the file */
};

static int read_more(struct reader *reader)
{
	ssize_t n;

	if (reader->begin)
		memmove(reader->bytes, reader->bytes + reader->begin, reader->end - reader->begin);
	reader->end -= reader->begin;
	reader->begin = 0;
	if (reader->end == reader->size) {
		reader->size = reader->size ? 2 * reader->size : FIRST_READ;
		reader->bytes = realloc(reader->bytes, reader->size + 1);
		if (!reader->bytes)
			error_no_memory();
	}
	do {
		n = read(reader->fd, reader->bytes + reader->end, reader->size - reader->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		error_local(errno, "reading failed");
		return -1;
	}
	reader->end += n;
	reader->at_end = n == 0;
	return 0;
}

/*
 * The next line of the file, a string, or NULL: at the end, or with *@failed set. The last may lack its line feed.
 */
static char *next_line(struct reader *reader, bool *failed)
{
	size_t searched = 0;

	for (;;) {
		char *line = reader->bytes + reader->begin;
		size_t len = reader->end - reader->begin;
		char *feed = len > searched ? memchr(line + searched, '\n', len - searched) : NULL;

		if (feed || (reader->at_end && len)) {
			size_t taken = feed ? (size_t)(feed - line) : len;

			line[taken] = '\0';
			reader->begin += taken + (feed ? 1 : 0);
			*failed = strlen(line) != taken;
			if (*failed)
				error_usage(NULL, "a line with a NUL in it");
			return *failed ? NULL : line;
		}
		*failed = len >= LINE_MAX_SIZE;
		if (*failed)
			error_usage(NULL, "a line of more than %d bytes", LINE_MAX_SIZE);
		if (reader->at_end || *failed)
			return NULL;
		searched = len;
		*failed = read_more(reader) < 0;
		if (*failed)
			return NULL;
	}
}

/* Whether the next line can be had without waiting for anybody. */
static bool has_line(const struct reader *reader)
{
	return reader->begin < reader->end &&
	       memchr(reader->bytes + reader->begin, '\n', reader->end - reader->begin);
}

/* --- words --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* What a backslash stands before is taken as it is; within "", only what has a meaning there. */
static bool escapes(const char *from, char quote)
{
	return from[0] == '\\' && from[1] && quote != '\'' &&
	       (!quote || from[1] == '"' || from[1] == '\\');
}

/* Takes one word from *@from to *@to, as a shell does. False where a quote is not closed. */
static bool take_word(char **from, char **to)
{
	char quote = '\0';

	for (; **from && (quote || !is_blank(**from)); (*from)++) {
		if (escapes(*from, quote))
			*(*to)++ = *++*from;
		else if (quote ? **from == quote : **from == '"' || **from == '\'')
			quote = quote ? '\0' : **from;
		else
			*(*to)++ = **from;
	}
	return !quote;
}

/*
 * Splits @line in place, up to a word that begins with "#". Returns the words, their number in *@count; or NULL, where a
 * quote is not closed.
 */
static char **split(char *line, int *count)
{
	char **words = malloc((strlen(line) / 2 + 2) * sizeof(*words));
	char *to = line;

	if (!words)
		error_no_memory();
	for (*count = 0;; (*count)++) {
		while (is_blank(*line))
			line++;
		if (!*line || *line == '#')
			break;
		words[*count] = to;
		if (!take_word(&line, &to)) {
			free(words);
			return NULL;
		}
		if (*line)
			line++;
		*to++ = '\0';
	}
	words[*count] = NULL;
	return words;
}

/* --- commands --- */

/* A socket that was refused something is not used again: the core may have been loaded anew meanwhile. */
static enum status run_line(struct vdpa *vdpa, const struct command *table, char *line)
{
	struct vdpa fresh = {
		.nl = vdpa->nl, .out = vdpa->out, .ahead = vdpa->ahead,
	};
	enum status status = STATUS_DONE;
	int count;
	char **words = split(line, &count);

	*vdpa = fresh;
	if (!words)
		return error_usage(vdpa, "a quote is not closed");
	if (count)
		status = command_run(vdpa, table, count, words);
	free(words);
	if (status == STATUS_REFUSED)
		nl_close(&vdpa->nl);
	return status;
}

static enum status first_of(enum status first, enum status second)
{
	return first != STATUS_DONE ? first : second;
}

/* Whoever writes the lines one by one waits for what they print and do. */
static void catch_up(struct ahead *ahead)
{
	if (!ahead_finish(ahead, NULL))
		nl_close(ahead->nl);
	fflush(stdout);
}

static enum status run_lines(struct vdpa *vdpa, const struct command *table, struct reader *reader)
{
	struct ahead ahead = { .nl = &vdpa->nl };
	enum status status = STATUS_DONE;
	bool failed;
	char *line;

	/* Without -force, what follows a command that fails must not be done. */
	vdpa->ahead = options.force ? &ahead : NULL;
	for (options.line = 1; (line = next_line(reader, &failed)); options.line++) {
		enum status of_line = run_line(vdpa, table, line);

		status = first_of(status, first_of(ahead.status, of_line));
		if (status != STATUS_DONE && !options.force)
			break;
		if (!has_line(reader))
			catch_up(&ahead);
	}
	catch_up(&ahead);
	return first_of(status, first_of(ahead.status, failed ? STATUS_USAGE : STATUS_DONE));
}

enum status batch_run(const struct command *table)
{
	bool standard = strcmp(options.batch, "-") == 0;
	struct reader reader = { .fd = STDIN_FILENO };
	struct vdpa vdpa = { 0 };
	enum status status;

	if (!standard)
		reader.fd = open(options.batch, O_RDONLY | O_CLOEXEC);
	if (reader.fd < 0) {
		error_local(errno, "cannot be opened");
		return STATUS_USAGE;
	}
	out_open(&vdpa.out, stdout, options.json, options.pretty);
	out_lines(&vdpa.out);
	status = read_more(&reader) < 0 ? STATUS_USAGE : run_lines(&vdpa, table, &reader);
	out_lines_end(&vdpa.out);
	nl_close(&vdpa.nl);
	free(reader.bytes);
	if (!standard)
		close(reader.fd);
	return status;
}
