// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/batch.h"
#include "cli/inflight.h"
#include "cli/report.h"
#include "cli/run.h"

enum { FIRST_READ = 64 * 1024, LINE_MAX_SIZE = 1024 * 1024 };

/* --- lines --- */

struct reader {
	int fd;
	char *bytes;
	size_t size, begin, end;	/* what is not yet given away is from @begin to @end */
	bool at_end;			/* of the file */
};

static int read_more(struct reader *reader, struct vdpa *vdpa)
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
		error_local(vdpa, errno, "reading failed");
		return -1;
	}
	reader->end += n;
	reader->at_end = n == 0;
	return 0;
}

/*
 * The next line of the file, a string, or NULL: at the end, or with *@failed set and a fault. The last may lack its line feed.
 */
static char *next_line(struct reader *reader, struct vdpa *vdpa, bool *failed)
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
				error_usage(vdpa, "a line with a NUL in it");
			return *failed ? NULL : line;
		}
		*failed = len >= LINE_MAX_SIZE;
		if (*failed)
			error_usage(vdpa, "a line of more than %d bytes", LINE_MAX_SIZE);
		if (reader->at_end || *failed)
			return NULL;
		searched = len;
		*failed = read_more(reader, vdpa) < 0;
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

/* --- results --- */

struct batch {
	struct vdpa vdpa;
	struct reader reader;
	struct inflight *inflight;	/* NULL: each line waits for its reply */
	unsigned long line;		/* from 1 */
	bool begun;			/* its element, with -j */
	enum status worst;
};

/* With -j a line is {"line":N,"result":...,"status":N,"error":...}: the result, where there is one, is written as it comes. */
static void element_begin(struct batch *batch, unsigned long line)
{
	struct output *out = &batch->vdpa.out;

	out_document(out);
	out_number(out, "line", line);
	out_key(out, "result", strlen("result"));
	batch->begun = true;
}

static void element_end(struct batch *batch, enum status status, const struct faults *faults, unsigned long line)
{
	struct output *out = &batch->vdpa.out;

	out_key(out, "status", strlen("status"));
	out_number(out, NULL, status);
	report_keys(out, faults, line);
	out_document_end(out);
	batch->begun = false;
}

static void line_done(struct batch *batch, unsigned long line, enum status status, struct faults *faults)
{
	if (status > batch->worst)
		batch->worst = status;
	if (!options.json) {
		report(faults, line, batch->vdpa.help);
		return;
	}
	if (!batch->begun)
		element_begin(batch, line);
	element_end(batch, status, faults, line);
	faults_free(faults);
}

static void flight_done(void *data, unsigned long line, enum status status, struct faults *faults)
{
	struct batch *batch = data;

	/* A socket that was refused something is not used again: the core may have been loaded anew meanwhile. */
	if (status == STATUS_REFUSED)
		nl_close(&batch->vdpa.nl);
	line_done(batch, line, status, faults);
}

/* --- commands --- */

static void line_begin(void *data)
{
	struct batch *batch = data;

	if (options.json)
		element_begin(batch, batch->line);
}

static int run_words(struct batch *batch, int count, char **words)
{
	const struct runner runner = { .inflight = batch->inflight, .begin = line_begin, .data = batch };
	const struct line line = { .argc = count, .argv = words, .plain = count };

	if (batch->inflight)
		inflight_line(batch->inflight, batch->line);
	return run_line(&batch->vdpa, &line, &runner);
}

/* Returns false where the batch ends with this line. */
static bool run_text(struct batch *batch, char *text)
{
	struct vdpa *vdpa = &batch->vdpa;
	int count = 0, status;
	char **words;

	/* Of the line before, the socket and the output are left. */
	vdpa->command = NULL;
	vdpa->dev = vdpa->mgmtdev = NULL;
	*vdpa->path = *vdpa->help = '\0';
	words = split(text, &count);
	if (words && !count) {
		free(words);
		return true;
	}
	status = words ? run_words(batch, count, words) : (int)error_usage(vdpa, "a quote is not closed");
	free(words);
	if (status == STATUS_REFUSED)
		nl_close(&vdpa->nl);
	if (status != STATUS_SENT)
		line_done(batch, batch->line, status, &vdpa->faults);
	return batch->worst == STATUS_DONE || options.force;
}

/* Whoever writes the lines one by one waits for what they print and do. */
static void catch_up(struct batch *batch)
{
	if (batch->inflight)
		inflight_wait(batch->inflight);
	fflush(stdout);
}

static void run_lines(struct batch *batch)
{
	struct vdpa *vdpa = &batch->vdpa;
	bool failed = false;
	char *text;

	for (batch->line = 1; (text = next_line(&batch->reader, vdpa, &failed)); batch->line++) {
		if (!run_text(batch, text))
			break;
		if (!has_line(&batch->reader))
			catch_up(batch);
	}
	catch_up(batch);
	if (failed)
		line_done(batch, batch->line, STATUS_USAGE, &vdpa->faults);
}

static void run_file(struct batch *batch)
{
	struct output *out = &batch->vdpa.out;

	if (options.parallel)
		batch->inflight = inflight_new(options.parallel, flight_done, batch);
	out_open(out, stdout, options.json, options.pretty);
	out_lines(out);
	run_lines(batch);
	out_lines_end(out);
	inflight_free(batch->inflight);
	nl_close(&batch->vdpa.nl);
}

enum status batch_run(void)
{
	bool standard = strcmp(options.batch, "-") == 0;
	struct batch batch = { .reader.fd = STDIN_FILENO };

	if (!standard)
		batch.reader.fd = open(options.batch, O_RDONLY | O_CLOEXEC);
	if (batch.reader.fd < 0)
		error_local(&batch.vdpa, errno, "cannot be opened");
	else if (read_more(&batch.reader, &batch.vdpa) == 0)
		run_file(&batch);
	if (batch.vdpa.faults.count)
		batch.worst = STATUS_USAGE;
	report(&batch.vdpa.faults, 0, "");
	free(batch.reader.bytes);
	if (!standard && batch.reader.fd >= 0)
		close(batch.reader.fd);
	return batch.worst;
}
