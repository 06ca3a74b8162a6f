// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/wanted_file.h"
#include "migration/document.h"
#include "migration/trusted_file.h"
#include "output/text.h"

enum { READ_SIZE = 64 * 1024 };

struct wanted_file {
	const char *path;
	int fd;
	char *bytes;		/* a part of it */
	size_t len, size;
	size_t kept;		/* what is from here on stays there */
	size_t at;		/* what comes next */
	unsigned int line;	/* of that */
	struct nl_error err;	/* what is wrong on this line; errno 0: nothing */
};

static int wrong(struct wanted_file *file, const char *what)
{
	if (!file->err.errnum)
		nl_fail(&file->err, EINVAL, "%s", what);
	return -1;
}

/* --- bytes --- */

static int read_more(struct wanted_file *file)
{
	ssize_t n;

	if (file->kept)
		memmove(file->bytes, file->bytes + file->kept, file->len - file->kept);
	file->len -= file->kept;
	file->at -= file->kept;
	file->kept = 0;
	if (file->len + READ_SIZE > file->size) {
		file->size = file->len + READ_SIZE;
		file->bytes = realloc(file->bytes, file->size);
		if (!file->bytes)
			error_no_memory();
	}
	do {
		n = read(file->fd, file->bytes + file->len, READ_SIZE);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		nl_fail(&file->err, errno, "%s", strerror(errno));
	if (n > 0)
		file->len += n;
	return n > 0 ? 0 : -1;
}

/* The next byte, which is not taken; -1 at the end, or with an error. */
static int next_byte(struct wanted_file *file)
{
	return file->at < file->len || read_more(file) == 0 ? (unsigned char)file->bytes[file->at] : -1;
}

static void take_byte(struct wanted_file *file)
{
	file->line += file->bytes[file->at++] == '\n';
}

/* The next byte that is no blank. What is before it is not kept. */
static int next_token(struct wanted_file *file)
{
	int c;

	for (;;) {
		file->kept = file->at;
		c = next_byte(file);
		if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			return c;
		take_byte(file);
	}
}

static int take_token(struct wanted_file *file, char wanted, const char *what)
{
	if (next_token(file) != wanted)
		return wrong(file, what);
	take_byte(file);
	return 0;
}

/* --- values --- */

/* Goes past a string that begins here. */
static int take_string(struct wanted_file *file)
{
	bool escaped = false;

	take_byte(file);
	for (;;) {
		int c = next_byte(file);

		if (c < 0 || c == '\n' || file->at - file->kept > WANTED_SIZE_MAX)
			return wrong(file, "no JSON: a string does not end");
		take_byte(file);
		if (c == '"' && !escaped)
			return 0;
		escaped = c == '\\' && !escaped;
	}
}

/* Goes past an object that begins here, up to the bracket that is its own. */
static int take_object(struct wanted_file *file)
{
	unsigned int depth = 0;

	do {
		int c = next_byte(file);

		if (file->at - file->kept > WANTED_SIZE_MAX)
			return wrong(file, "a device takes more than 64 KiB");
		if (c < 0)
			return wrong(file, "no JSON: the file ends within a device");
		if (c == '"') {
			if (take_string(file) < 0)
				return -1;
			continue;
		}
		take_byte(file);
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
	} while (depth);
	return 0;
}

/* A copy of what was gone past, to be freed. */
static char *kept_text(const struct wanted_file *file)
{
	char *text = strndup(file->bytes + file->kept, file->at - file->kept);

	if (!text)
		error_no_memory();
	return text;
}

/* --- the document --- */

/* A key, to be freed, and its colon; NULL: it is none. @line: its own */
static char *take_key(struct wanted_file *file, unsigned int *line)
{
	char *key;

	if (next_token(file) != '"') {
		wrong(file, "no JSON: a name in quotation marks is expected");
		return NULL;
	}
	*line = file->line;
	if (take_string(file) < 0)
		return NULL;
	key = kept_text(file);
	if (take_token(file, ':', "no JSON: a colon is expected") == 0)
		return key;
	free(key);
	return NULL;
}

/* Behind a member. Returns whether there is another one; -1: it is wrong. */
static int take_comma(struct wanted_file *file)
{
	int c = next_token(file);

	if (c != ',' && c != '}')
		return wrong(file, "no JSON: a comma or a closing bracket is expected");
	take_byte(file);
	return c == ',';
}

/* A key is JSON: its string is the name, nearly always as it stands there. NULL: it is none. */
static char *name_of(const char *key)
{
	json_t *string;
	char *name = strndup(key + 1, strlen(key) - 2);

	if (!name)
		error_no_memory();
	if (text_plain(name) && !strchr(name, '\\'))
		return name;
	free(name);
	string = json_loads(key, JSON_DECODE_ANY, NULL);
	name = document_string(string);
	json_decref(string);
	return name;
}

/* Returns whether it goes on; -1: the file is wrong. */
static int take_device(struct wanted_file *file, wanted_take take, void *data)
{
	struct wanted_text text = { .file = file->path };
	char *key = take_key(file, &text.line), *name = key ? name_of(key) : NULL, *object = NULL;
	int more = -1;

	if (key && !name)
		wrong(file, "no JSON: a name is no string");
	else if (name && next_token(file) != '{')
		wrong(file, "a device has to be an object");
	else if (name) {
		text.object_line = file->line;
		if (take_object(file) == 0)
			object = kept_text(file);
	}
	if (object) {
		text.name = name;
		text.object = object;
		take(data, &text);
		more = take_comma(file);
	}
	free(object);
	free(name);
	free(key);
	return more;
}

static int take_devices(struct wanted_file *file, wanted_take take, void *data)
{
	int more;

	if (take_token(file, '{', "\"dev\" has to be an object") < 0)
		return -1;
	if (next_token(file) == '}')
		return take_comma(file);
	do {
		more = take_device(file, take, data);
	} while (more > 0);
	return more;
}

/* The whole of a file: {"dev": {...}}. What "vdpa dev show" could not finish is not taken for all there is. */
static int take_document(struct wanted_file *file, wanted_take take, void *data)
{
	unsigned int line;
	bool right;
	char *key;

	if (take_token(file, '{', "no JSON object") < 0)
		return -1;
	key = take_key(file, &line);
	right = key && strcmp(key, "\"dev\"") == 0;
	free(key);
	if (!right)
		return wrong(file, "the first key is not \"dev\"");
	if (take_devices(file, take, data) < 0 ||
	    take_token(file, '}', "something follows \"dev\", which is the only key") < 0)
		return -1;
	return next_token(file) < 0 ? 0 : wrong(file, "something follows the end of the document");
}

/* --- files --- */

char *wanted_place(const char *file, unsigned int line)
{
	char *place;

	if (asprintf(&place, "%s:%u", file, line) < 0)
		error_no_memory();
	return place;
}

/* @fd is closed here. */
static enum status read_file(struct vdpa *vdpa, const char *path, int fd, wanted_take take, void *data)
{
	struct wanted_file file = { .path = path, .fd = fd, .line = 1 };
	enum status status = STATUS_DONE;

	if (take_document(&file, take, data) < 0 || file.err.errnum) {
		char *place = wanted_place(path, file.line);

		status = error_file(vdpa, place, &file.err);
		free(place);
		faults_tell(vdpa);
	}
	if (fd != STDIN_FILENO)
		close(fd);
	free(file.bytes);
	return status;
}

static enum status refuse(struct vdpa *vdpa, const char *path, const struct nl_error *err)
{
	enum status status = error_file(vdpa, path, err);

	faults_tell(vdpa);
	return status;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_wanted(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static enum status read_path(struct vdpa *vdpa, const char *path, bool within, wanted_take take, void *data);

static enum status read_directory(struct vdpa *vdpa, const char *path, wanted_take take, void *data)
{
	enum status worst = STATUS_DONE, status;
	struct dirent **entries;
	int count = scandir(path, &entries, is_wanted, compare_names);
	char *file;

	if (count < 0)
		return refuse(vdpa, path, &(struct nl_error){ .errnum = errno });
	for (int i = 0; i < count; i++) {
		if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			error_no_memory();
		status = read_path(vdpa, file, true, take, data);
		if (status > worst)
			worst = status;
		free(file);
		free(entries[i]);
	}
	free(entries);
	return worst;
}

/* A file, a directory that is not within another one, or standard input */
static enum status read_path(struct vdpa *vdpa, const char *path, bool within, wanted_take take, void *data)
{
	struct nl_error err = { 0 };
	struct stat st = { 0 };
	int fd;

	if (strcmp(path, "-") == 0)
		return read_file(vdpa, path, STDIN_FILENO, take, data);
	fd = trusted_file_open(path, &st, &err);
	if (fd < 0)
		return refuse(vdpa, path, &err);
	if (!S_ISDIR(st.st_mode))
		return read_file(vdpa, path, fd, take, data);
	close(fd);
	if (within)
		return refuse(vdpa, path, &(struct nl_error){ .errnum = EISDIR });
	return read_directory(vdpa, path, take, data);
}

enum status wanted_files_read(struct vdpa *vdpa, const struct names *paths, wanted_take take, void *data)
{
	enum status worst = STATUS_DONE;

	for (int i = 0; i < paths->count; i++) {
		enum status status = read_path(vdpa, paths->words[i], false, take, data);

		if (status > worst)
			worst = status;
	}
	return worst;
}
