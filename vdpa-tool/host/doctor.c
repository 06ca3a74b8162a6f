// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a host is set up right for the core that comes with this command: what is, what is wrong, and what to do.
 *
 * All is looked at first, and then written: as JSON, or in sentences.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "host/host.h"
#include "output/text.h"

/* What is wrong, and what to do about it. */
struct problem {
	char *what, *todo;
};

struct doctor {
	const char *root;		/* "": this machine's */
	struct core_loaded loaded;
	struct texts holders;		/* modules that hold the core that runs */
	struct texts devices, users;
	char running[HOST_TEXT_MAX];	/* release; "": not known, or of no kernel that is installed here */
	bool wanted;			/* our core is installed for some kernel, or is to be, or runs */
	bool enforced;			/* the kernel that runs loads signed modules only */
	bool sig_enforce;		/* its parameter of that name */
	char lockdown[HOST_TEXT_MAX];	/* its mode */
	char dkms[HOST_TEXT_MAX];	/* the version that DKMS has the sources of; "": none */
	struct core_installed *kernels;
	size_t nr_kernels;
	struct problem *problems;
	size_t nr_problems;
};

/* Each as JSON has it, and in words. */
static const struct {
	const char *key, *words;
} cores[] = {
	[CORE_NONE] = { "none", "no core" },
	[CORE_OURS] = { "ours", "this project's core" },
	[CORE_DISTRIBUTION] = { "distribution", "the distribution's core" },
	[CORE_BUILT_IN] = { "built_in", "the distribution's core, built into the kernel" },
};

/* --- what is found --- */

static char *format_text(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		error_no_memory();
	return text;
}

/* A sentence of a problem, to be given to problem(). */
__attribute__((format(printf, 1, 2))) static char *sentence(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	return text;
}

/* Takes both sentences over. */
static void problem(struct doctor *doctor, char *what, char *todo)
{
	doctor->problems = reallocarray(doctor->problems, doctor->nr_problems + 1, sizeof(*doctor->problems));
	if (!doctor->problems)
		error_no_memory();
	doctor->problems[doctor->nr_problems++] = (struct problem) { .what = what, .todo = todo };
}

static void take_kernel(const struct core_installed *installed, void *data)
{
	struct doctor *doctor = data;

	doctor->wanted |= installed->core == CORE_OURS;
	doctor->kernels = reallocarray(doctor->kernels, doctor->nr_kernels + 1, sizeof(*doctor->kernels));
	if (!doctor->kernels)
		error_no_memory();
	doctor->kernels[doctor->nr_kernels++] = *installed;
}

/* The version that DKMS has sources of: the newest, where there are several. */
static void find_dkms(struct doctor *doctor)
{
	struct texts names = { 0 };

	host_names(doctor->root, "/usr/src", "vdpa-", &names);
	for (size_t i = 0; i < names.count; i++) {
		const char *version = names.list[i] + strlen("vdpa-");

		if (version[0] >= '0' && version[0] <= '9')
			snprintf(doctor->dkms, sizeof(doctor->dkms), "%s", version);
	}
	texts_free(&names);
}

/* Lockdown's word in brackets is the one that holds: "[none] integrity confidentiality". */
static void find_enforced(struct doctor *doctor)
{
	char enforce[HOST_TEXT_MAX], lockdown[HOST_TEXT_MAX], *bracket;

	host_read(doctor->root, "/sys/module/module/parameters/sig_enforce", enforce, sizeof(enforce));
	host_read(doctor->root, "/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	bracket = strchr(lockdown, '[');
	snprintf(doctor->lockdown, sizeof(doctor->lockdown), "%.*s", bracket ? (int)strcspn(bracket + 1, "]") : 4,
		 bracket ? bracket + 1 : "none");
	doctor->sig_enforce = enforce[0] == 'Y';
	doctor->enforced = doctor->sig_enforce || strcmp(doctor->lockdown, "none") != 0;
}

/* --- what is wrong --- */

static void check_not_installed(struct doctor *doctor, const struct core_installed *installed)
{
	const char *release = installed->release;
	char *what = sentence("kernel %s would load %s", release, cores[installed->core].words);

	if (!doctor->dkms[0])
		problem(doctor, what, sentence("install vdpa-dkms, or for this kernel alone: make install KDIR=/lib/modules/%s/build",
					       release));
	else if (!installed->headers)
		problem(doctor, what, sentence("install its headers (Debian: apt install linux-headers-%s), then: dkms autoinstall -k %s",
					       release, release));
	else
		problem(doctor, what, sentence("dkms install vdpa/%s -k %s; if it was refused, the end of "
					       "/var/lib/dkms/vdpa/%s/build/make.log says why", doctor->dkms, release,
					       doctor->dkms));
}

static void check_kernel(struct doctor *doctor, const struct core_installed *installed)
{
	if (installed->core == CORE_OURS && installed->read && !installed->signer[0] && doctor->enforced)
		problem(doctor, sentence("this host loads signed modules only, and %s for kernel %s is not signed",
					 installed->file, installed->release),
			sentence("have DKMS sign it with a key that the firmware knows: mokutil --import /var/lib/dkms/mok.pub, "
				 "reboot, confirm, then: dkms remove vdpa/%s -k %s; dkms autoinstall -k %s",
				 doctor->dkms[0] ? doctor->dkms : installed->version, installed->release,
				 installed->release));
	if (doctor->wanted && installed->core == CORE_BUILT_IN)
		problem(doctor, sentence("kernel %s has its vDPA core built in", installed->release),
			sentence("boot another kernel: that core cannot be replaced"));
	else if (doctor->wanted && installed->core == CORE_DISTRIBUTION)
		check_not_installed(doctor, installed);
}

/* What has to go before another core can be loaded, as a command. */
static char *reload_words(const struct doctor *doctor)
{
	char *words = sentence("reboot; or end what uses vDPA devices, delete them, and:"
			       " modprobe -r");

	for (size_t i = 0; i < doctor->holders.count; i++) {
		char *longer = sentence("%s %s", words, doctor->holders.list[i]);

		free(words);
		words = longer;
	}
	return words;
}

static void check_reload(struct doctor *doctor, const struct core_installed *installed)
{
	const struct core_loaded *loaded = &doctor->loaded;
	char *words;

	if (installed->core != CORE_OURS)
		return;
	if (loaded->core != CORE_DISTRIBUTION &&
	    (loaded->core != CORE_OURS || !installed->read || strcmp(loaded->version, installed->version) == 0))
		return;
	words = reload_words(doctor);
	problem(doctor, sentence("%s%s%s is loaded, %s is installed for this kernel", cores[loaded->core].words,
				 loaded->version[0] ? " " : "", loaded->version, installed->version[0] ? installed->version :
				 "this project's core"),
		sentence("%s vdpa; modprobe vdpa", words));
	free(words);
}

static void find_problems(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->nr_kernels; i++)
		if (strcmp(doctor->kernels[i].release, doctor->running) == 0)
			check_reload(doctor, &doctor->kernels[i]);
	for (size_t i = 0; i < doctor->nr_kernels; i++)
		check_kernel(doctor, &doctor->kernels[i]);
	if (!doctor->wanted)
		problem(doctor, sentence("this project's core is installed for no kernel"),
			sentence("install vdpa-dkms; the command works without it, but for what the distribution's core lacks"));
}

/* Whether a module that runs was loaded without a signature that the kernel knows. A core that is built in has none. */
static bool may_be_unsigned(const struct core_loaded *loaded)
{
	return loaded->core == CORE_OURS || loaded->core == CORE_DISTRIBUTION;
}

static bool is_unsigned(const struct core_loaded *loaded)
{
	return may_be_unsigned(loaded) && strchr(loaded->taint, 'E');
}

/* --- as JSON --- */

static void write_text(struct output *out, const char *key, const char *text)
{
	if (text[0])
		out_text(out, key, text);
}

static void write_list(struct output *out, const char *key, const struct texts *texts)
{
	out_list(out, key);
	for (size_t i = 0; i < texts->count; i++)
		out_text(out, NULL, texts->list[i]);
	out_list_end(out);
}

static void write_loaded(struct output *out, const struct doctor *doctor)
{
	const struct core_loaded *loaded = &doctor->loaded;

	out_object(out, "loaded");
	out_text(out, "core", cores[loaded->core].key);
	write_text(out, "version", loaded->version);
	if (may_be_unsigned(loaded))
		out_bool(out, "unsigned", is_unsigned(loaded));
	write_list(out, "holders", &doctor->holders);
	out_number(out, "devices", doctor->devices.count);
	write_list(out, "users", &doctor->users);
	out_object_end(out);
}

static void write_kernel(struct output *out, const struct doctor *doctor, const struct core_installed *installed)
{
	out_row(out);
	out_text(out, "release", installed->release);
	out_bool(out, "running", strcmp(installed->release, doctor->running) == 0);
	out_text(out, "core", cores[installed->core].key);
	write_text(out, "version", installed->version);
	write_text(out, "file", installed->file);
	if (installed->read)
		out_bool(out, "signed", installed->signer[0]);
	write_text(out, "signer", installed->signer);
	out_row_end(out);
}

static void write_json(struct output *out, const struct doctor *doctor)
{
	out_begin(out, "doctor");
	out_entry(out, "host", strlen("host"));
	out_bool(out, "right", !doctor->nr_problems);
	out_text(out, "command", VDPA_VERSION);
	write_loaded(out, doctor);
	out_object(out, "signatures");
	out_bool(out, "required", doctor->enforced);
	out_bool(out, "sig_enforce", doctor->sig_enforce);
	out_text(out, "lockdown", doctor->lockdown);
	out_object_end(out);
	out_table(out, "kernels");
	for (size_t i = 0; i < doctor->nr_kernels; i++)
		write_kernel(out, doctor, &doctor->kernels[i]);
	out_table_end(out);
	out_table(out, "problems");
	for (size_t i = 0; i < doctor->nr_problems; i++) {
		out_row(out);
		out_text(out, "problem", doctor->problems[i].what);
		out_text(out, "do", doctor->problems[i].todo);
		out_row_end(out);
	}
	out_table_end(out);
	out_entry_end(out);
	out_end(out, true);
}

/* --- in sentences --- */

/* "BEFORE TEXT" where there is one; it may be anybody's. */
static void print_part(const char *before, const char *text)
{
	char *clean;

	if (!text[0])
		return;
	clean = text_utf8(text, strlen(text));
	fputs(before, stdout);
	text_print(stdout, clean);
	free(clean);
}

static void print_list(const char *before, const struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		print_part(i ? ", " : before, texts->list[i]);
	if (texts->count)
		putchar('\n');
}

static void print_loaded(const struct doctor *doctor)
{
	const struct core_loaded *loaded = &doctor->loaded;

	printf("loaded: %s", cores[loaded->core].words);
	print_part(", version ", loaded->version);
	puts(is_unsigned(loaded) ? ", without a signature that the kernel knows" : "");
	print_list("held by the modules: ", &doctor->holders);
	if (doctor->devices.count)
		printf("devices: %zu\n", doctor->devices.count);
	print_list("open: ", &doctor->users);
}

static void print_kernel(const struct doctor *doctor, const struct core_installed *installed)
{
	print_part("kernel ", installed->release);
	fputs(strcmp(installed->release, doctor->running) == 0 ? ", running: " : ": ", stdout);
	fputs(cores[installed->core].words, stdout);
	print_part(", version ", installed->version);
	print_part(", ", installed->file);
	if (installed->read && !installed->signer[0])
		fputs(", not signed", stdout);
	print_part(", signed by ", installed->signer);
	putchar('\n');
}

static void print_words(const struct doctor *doctor)
{
	printf("this host is %sset up right\n", doctor->nr_problems ? "not " : "");
	print_loaded(doctor);
	printf("signatures: %srequired", doctor->enforced ? "" : "not ");
	print_part(" (lockdown: ", doctor->lockdown);
	puts(doctor->sig_enforce ? ", sig_enforce)" : ")");
	for (size_t i = 0; i < doctor->nr_kernels; i++)
		print_kernel(doctor, &doctor->kernels[i]);
	for (size_t i = 0; i < doctor->nr_problems; i++) {
		print_part("problem: ", doctor->problems[i].what);
		print_part("\n     do: ", doctor->problems[i].todo);
		putchar('\n');
	}
}

/* --- the command --- */

static void examine(struct doctor *doctor)
{
	host_loaded(doctor->root, &doctor->loaded);
	host_names(doctor->root, "/sys/module/vdpa/holders", "", &doctor->holders);
	host_names(doctor->root, "/sys/bus/vdpa/devices", "", &doctor->devices);
	host_users(doctor->root, &doctor->users);
	if (!host_running(doctor->root, doctor->running, sizeof(doctor->running)))
		doctor->running[0] = '\0';
	find_dkms(doctor);
	doctor->wanted = doctor->dkms[0] || doctor->loaded.core == CORE_OURS;
	find_enforced(doctor);
	host_kernels(doctor->root, take_kernel, doctor);
}

static void release(struct doctor *doctor)
{
	texts_free(&doctor->holders);
	texts_free(&doctor->devices);
	texts_free(&doctor->users);
	free(doctor->kernels);
	for (size_t i = 0; i < doctor->nr_problems; i++) {
		free(doctor->problems[i].what);
		free(doctor->problems[i].todo);
	}
	free(doctor->problems);
}

const struct argument doctor_arguments[] = {
	{
		.word = { .name = "root" }, .type = &type_directory,
		.text = "look at the tree below this directory instead", .offset = offsetof(struct doctor_values, root),
	},
	{ .word.name = NULL }
};

enum status doctor(struct vdpa *vdpa, const void *values)
{
	const struct doctor_values *words = values;
	struct doctor doctor = { .root = words->root ? words->root : "" };
	bool right;

	examine(&doctor);
	find_problems(&doctor);
	right = !doctor.nr_problems;
	if (options.json)
		write_json(&vdpa->out, &doctor);
	else
		print_words(&doctor);
	release(&doctor);
	return right ? STATUS_DONE : STATUS_UNFIT;
}
