// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a host is set up right for the core that comes with this command: what is, what is wrong, and what to do.
 *
 * All that is found goes into one JSON object, and as text comes out of it. A problem is what and what to do about it.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "host/host.h"
#include "output/text.h"

struct doctor {
	const char *root;		/* "": this machine's */
	struct core_loaded loaded;
	char running[HOST_TEXT_MAX];	/* release; "": not known, or of no kernel that is installed here */
	bool wanted;			/* our core is installed for some kernel, or is to be, or runs */
	bool enforced;			/* the kernel that runs loads signed modules only */
	char dkms[HOST_TEXT_MAX];	/* the version that DKMS has the sources of; "": none */
	json_t *kernels, *problems;
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
	json_t *entry = output_object();

	output_set(entry, "problem", output_string(what));
	output_set(entry, "do", output_string(todo));
	output_append(doctor->problems, entry);
	free(what);
	free(todo);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text[0])
		output_set(object, key, output_string(text));
}

static json_t *loaded_json(const struct doctor *doctor)
{
	const struct core_loaded *loaded = &doctor->loaded;
	json_t *json = output_object();

	output_set(json, "core", output_string(cores[loaded->core].key));
	set_text(json, "version", loaded->version);
	if (loaded->core == CORE_OURS || loaded->core == CORE_DISTRIBUTION)
		output_set(json, "unsigned", json_boolean(strchr(loaded->taint, 'E')));
	output_set(json, "holders", host_names(doctor->root, "/sys/module/vdpa/holders", ""));
	output_set(json, "devices", output_uint(0));
	return json;
}

static json_t *kernel_json(const struct core_installed *installed, bool running)
{
	json_t *json = output_object();

	output_set(json, "release", output_string(installed->release));
	output_set(json, "running", json_boolean(running));
	output_set(json, "core", output_string(cores[installed->core].key));
	set_text(json, "version", installed->version);
	set_text(json, "file", installed->file);
	if (installed->read)
		output_set(json, "signed", json_boolean(installed->signer[0]));
	set_text(json, "signer", installed->signer);
	return json;
}

/* The version that DKMS has sources of: the newest, where there are several. */
static void find_dkms(struct doctor *doctor)
{
	json_t *names = host_names(doctor->root, "/usr/src", "vdpa-"), *name;
	size_t index;

	doctor->dkms[0] = '\0';
	json_array_foreach(names, index, name) {
		const char *version = json_string_value(name) + strlen("vdpa-");

		if (version[0] >= '0' && version[0] <= '9')
			snprintf(doctor->dkms, sizeof(doctor->dkms), "%s", version);
	}
	json_decref(names);
}

/* Lockdown's word in brackets is the one that holds: "[none] integrity confidentiality". */
static void find_enforced(struct doctor *doctor, json_t *host)
{
	char enforce[HOST_TEXT_MAX], lockdown[HOST_TEXT_MAX], mode[HOST_TEXT_MAX] = "none", *bracket;
	json_t *json = output_object();

	host_read(doctor->root, "/sys/module/module/parameters/sig_enforce", enforce, sizeof(enforce));
	host_read(doctor->root, "/sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
	bracket = strchr(lockdown, '[');
	if (bracket)
		snprintf(mode, sizeof(mode), "%.*s", (int)strcspn(bracket + 1, "]"), bracket + 1);
	doctor->enforced = enforce[0] == 'Y' || strcmp(mode, "none") != 0;
	output_set(json, "required", json_boolean(doctor->enforced));
	output_set(json, "sig_enforce", json_boolean(enforce[0] == 'Y'));
	output_set(json, "lockdown", output_string(mode));
	output_set(host, "signatures", json);
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

static void check_kernel(const struct core_installed *installed, void *data)
{
	struct doctor *doctor = data;

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
	json_t *holders = host_names(doctor->root, "/sys/module/vdpa/holders", ""), *holder;
	char *words = sentence("reboot; or end what uses vDPA devices, delete them, and:"
			       " modprobe -r");
	size_t index;

	json_array_foreach(holders, index, holder) {
		char *longer = sentence("%s %s", words, json_string_value(holder));

		free(words);
		words = longer;
	}
	json_decref(holders);
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

/* --- in words --- */

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const char *core_words(json_t *object)
{
	for (size_t i = 0; i < sizeof(cores) / sizeof(cores[0]); i++)
		if (strcmp(text_of(object, "core"), cores[i].key) == 0)
			return cores[i].words;
	return "";
}

/* "BEFORE TEXT" where there is one; it may be anybody's. */
static void print_part(const char *before, const char *text)
{
	if (!text[0])
		return;
	fputs(before, stdout);
	text_print(stdout, text);
}

static void print_list(const char *before, json_t *list)
{
	json_t *word;
	size_t index;

	json_array_foreach(list, index, word)
		print_part(index ? ", " : before, json_string_value(word));
	if (json_array_size(list))
		putchar('\n');
}

static void print_loaded(json_t *loaded)
{
	print_part("loaded: ", core_words(loaded));
	print_part(", version ", text_of(loaded, "version"));
	if (json_is_true(json_object_get(loaded, "unsigned")))
		fputs(", without a signature that the kernel knows", stdout);
	putchar('\n');
	print_list("held by the modules: ", json_object_get(loaded, "holders"));
	if (json_integer_value(json_object_get(loaded, "devices")))
		printf("devices: %" JSON_INTEGER_FORMAT "\n", json_integer_value(json_object_get(loaded, "devices")));
	print_list("open: ", json_object_get(loaded, "users"));
}

static void print_kernel(json_t *kernel)
{
	print_part("kernel ", text_of(kernel, "release"));
	fputs(json_is_true(json_object_get(kernel, "running")) ? ", running: " : ": ", stdout);
	fputs(core_words(kernel), stdout);
	print_part(", version ", text_of(kernel, "version"));
	print_part(", ", text_of(kernel, "file"));
	if (json_is_false(json_object_get(kernel, "signed")))
		fputs(", not signed", stdout);
	print_part(", signed by ", text_of(kernel, "signer"));
	putchar('\n');
}

static void print_host(json_t *host)
{
	json_t *signatures = json_object_get(host, "signatures"), *element;
	size_t index;

	printf("this host is %sset up right\n", json_is_true(json_object_get(host, "right")) ? "" : "not ");
	print_loaded(json_object_get(host, "loaded"));
	printf("signatures: %srequired (lockdown: ", json_is_true(json_object_get(signatures, "required")) ? "" : "not ");
	text_print(stdout, text_of(signatures, "lockdown"));
	fputs(json_is_true(json_object_get(signatures, "sig_enforce")) ? ", sig_enforce)\n" : ")\n", stdout);
	json_array_foreach(json_object_get(host, "kernels"), index, element)
		print_kernel(element);
	json_array_foreach(json_object_get(host, "problems"), index, element) {
		print_part("problem: ", text_of(element, "problem"));
		print_part("\n     do: ", text_of(element, "do"));
		putchar('\n');
	}
}

/* --- the command --- */

static void take_kernel(const struct core_installed *installed, void *data)
{
	struct doctor *doctor = data;

	doctor->wanted |= installed->core == CORE_OURS;
	output_append(doctor->kernels, kernel_json(installed, strcmp(installed->release, doctor->running) == 0));
}

static void take_running(const struct core_installed *installed, void *data)
{
	struct doctor *doctor = data;

	if (strcmp(installed->release, doctor->running) == 0)
		check_reload(doctor, installed);
}

static json_t *examine(struct doctor *doctor)
{
	json_t *host = output_object(), *loaded, *devices = host_names(doctor->root, "/sys/bus/vdpa/devices", "");

	host_loaded(doctor->root, &doctor->loaded);
	if (!host_running(doctor->root, doctor->running, sizeof(doctor->running)))
		doctor->running[0] = '\0';
	find_dkms(doctor);
	doctor->wanted = doctor->dkms[0] || doctor->loaded.core == CORE_OURS;
	doctor->kernels = output_array();
	doctor->problems = output_array();

	loaded = loaded_json(doctor);
	output_set(loaded, "devices", output_uint(json_array_size(devices)));
	json_decref(devices);
	output_set(loaded, "users", host_users(doctor->root));
	output_set(host, "right", json_null());
	output_set(host, "command", output_string(VDPA_VERSION));
	output_set(host, "loaded", loaded);
	find_enforced(doctor, host);
	host_kernels(doctor->root, take_kernel, doctor);
	host_kernels(doctor->root, take_running, doctor);
	host_kernels(doctor->root, check_kernel, doctor);
	if (!doctor->wanted)
		problem(doctor, sentence("this project's core is installed for no kernel"),
			sentence("install vdpa-dkms; the command works without it, but for what the distribution's core lacks"));
	output_set(host, "kernels", doctor->kernels);
	output_set(host, "right", json_boolean(json_array_size(doctor->problems) == 0));
	output_set(host, "problems", doctor->problems);
	return host;
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
	json_t *host;
	bool right;

	host = examine(&doctor);
	right = json_is_true(json_object_get(host, "right"));
	if (options.json) {
		out_begin(&vdpa->out, "doctor");
		output_entry(&vdpa->out, "host", host);
		out_end(&vdpa->out, true);
	} else {
		print_host(host);
		json_decref(host);
	}
	return right ? STATUS_DONE : STATUS_UNFIT;
}
