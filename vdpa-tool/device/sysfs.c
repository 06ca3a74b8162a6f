// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/sysfs.h"

#define DEVICES "/sys/bus/vdpa/devices"

enum { PATH_SIZE = 512 };

/* What a virtio device can have become: the directory's one entry tells its name. */
static const struct place {
	const char *directory;	/* below virtioN */
	const char *key;
	const char *prefix;
} places[] = {
	{ "net", "netdev", "" },
	{ "block", "blockdev", "/dev/" },
};

static void put(struct output *out, const char *key, const char *prefix, const char *name)
{
	if (!out)
		return;
	out_text_begin(out, key);
	out_part(out, prefix, strlen(prefix));
	out_part(out, name, strlen(name));
	out_text_end(out);
}

/*
 * Copies the first entry of @path that begins with @start and goes on with a
 * digit; where @start is empty, any entry. Returns false where there is none.
 */
static bool first_entry(const char *path, const char *start, char *name, size_t size)
{
	size_t len = strlen(start);
	bool found = false;
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		const char *rest = entry->d_name + len;

		if (entry->d_name[0] == '.' || strncmp(entry->d_name, start, len) != 0)
			continue;
		if (len && (*rest < '0' || *rest > '9'))
			continue;
		found = snprintf(name, size, "%s", entry->d_name) < (int)size;
	}
	closedir(dir);
	return found;
}

/* The directory of the device, in @path of PATH_SIZE bytes. False where its name could lead elsewhere. */
static bool device_path(const char *name, char *path)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/') &&
	       snprintf(path, PATH_SIZE, DEVICES "/%s", name) < PATH_SIZE;
}

/* The last part of what the link DIR/@link leads to. */
static bool link_base(const char *dir, const char *link, char *name, size_t size)
{
	char path[PATH_MAX + sizeof("/subsystem")], target[PATH_SIZE];
	const char *base;
	ssize_t len;

	snprintf(path, sizeof(path), "%s/%s", dir, link);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	base = strrchr(target, '/');
	return snprintf(name, size, "%s", base ? base + 1 : target) < (int)size;
}

bool sysfs_driver(const char *device, char *name, size_t size)
{
	char path[PATH_SIZE];

	return device_path(device, path) && link_base(path, "driver", name, size);
}

static bool chardev(const char *path, char node[NODE_SIZE])
{
	static const char dev[] = "/dev/";

	memcpy(node, dev, sizeof(dev));
	if (first_entry(path, "vhost-vdpa-", node + strlen(dev), NODE_SIZE - strlen(dev)))
		return true;
	*node = '\0';
	return false;
}

static bool place_vhost(const char *path, struct output *out, char node[NODE_SIZE])
{
	bool found = chardev(path, node);

	if (found)
		put(out, "chardev", "", node);
	return found;
}

bool sysfs_chardev(const char *device, char node[NODE_SIZE])
{
	char path[PATH_SIZE];

	return device_path(device, path) && chardev(path, node);
}

/* Whether the device of a directory is one of the PCI bus. */
static bool is_pci(const char *dir)
{
	char name[NAME_MAX + 1];

	return link_base(dir, "subsystem", name, sizeof(name)) && strcmp(name, "pci") == 0;
}

/* Whether a name is one that a PCI function has: 0000:00:1f.2. */
static bool is_address(const char *name)
{
	unsigned int part;
	int end = 0;

	return sscanf(name, "%x:%2x:%2x.%1x%n", &part, &part, &part, &part, &end) == 4 && !name[end];
}

/* What the link in sysfs says is enough: it leads from /sys/bus/vdpa/devices to a directory below /sys/devices. */
bool sysfs_pci(const char *device, char *address, size_t size)
{
	char path[PATH_SIZE], dir[PATH_MAX] = DEVICES "/", *to = dir + strlen(dir), *end;
	ssize_t len = device_path(device, path) ? readlink(path, to, dir + sizeof(dir) - 1 - to) : -1;

	if (len < 0)
		return false;
	to[len] = '\0';
	for (end = strrchr(dir, '/'); end > to; end = strrchr(dir, '/')) {
		if (is_address(end + 1) && is_pci(dir))
			return snprintf(address, size, "%s", end + 1) < (int)size;
		*end = '\0';
	}
	return false;
}

/* The entries of a directory that are virtio devices: how many, and the last one's name. */
static int find_virtio(const char *path, char *name, size_t size)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir))) {
		const char *number = entry->d_name + strlen("virtio");

		if (strncmp(entry->d_name, "virtio", strlen("virtio")) != 0 || *number < '0' || *number > '9')
			continue;
		if (snprintf(name, size, "%s", entry->d_name) < (int)size)
			n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* How many vDPA devices that the host's own driver drives lie below a directory. */
static int count_driven(const char *above)
{
	char path[PATH_SIZE], real[PATH_MAX], driver[NAME_MAX + 1];
	DIR *dir = opendir(DEVICES);
	size_t len = strlen(above);
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir)))
		if (device_path(entry->d_name, path) && realpath(path, real) &&
		    strncmp(real, above, len) == 0 && real[len] == '/' &&
		    sysfs_driver(entry->d_name, driver, sizeof(driver)) &&
		    strcmp(driver, "virtio_vdpa") == 0)
			n++;
	if (dir)
		closedir(dir);
	return n;
}

/*
 * Finds the directory of the virtio device that came of the device whose directory is @dir, and
 * changes @dir to it. It lies below the vDPA device or, where the parent driver's hardware does
 * the DMA, beside it or further up. Nothing there tells whose it is: where several devices share
 * the hardware it is left open.
 */
static bool virtio_path(char dir[PATH_MAX])
{
	char name[NAME_MAX + 1], *end;
	int n = find_virtio(dir, name, sizeof(name));

	while (n == 0 && (end = strrchr(dir, '/'))) {
		*end = '\0';
		if (strlen(dir) <= strlen("/sys/devices"))
			return false;
		n = find_virtio(dir, name, sizeof(name));
		if (n && count_driven(dir) != 1)
			return false;
	}
	end = dir + strlen(dir);
	return n == 1 && snprintf(end, dir + PATH_MAX - end, "/%s", name) < dir + PATH_MAX - end;
}

static bool place_virtio(const char *path, struct output *out)
{
	char dir[PATH_MAX], name[NAME_MAX + 1], below[PATH_MAX + NAME_MAX];
	bool found = false;

	if (!realpath(path, dir) || !virtio_path(dir))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(below, sizeof(below), "%s/%s", dir, places[i].directory);
		if (!first_entry(below, "", name, sizeof(name)))
			continue;
		put(out, places[i].key, places[i].prefix, name);
		found = true;
	}
	return found;
}

bool sysfs_place(const char *name, const char *driver, struct output *out, char node[NODE_SIZE])
{
	char path[PATH_SIZE];

	*node = '\0';
	put(out, "driver", "", driver);
	if (!device_path(name, path))
		return true;
	if (strcmp(driver, "vhost_vdpa") == 0)
		return place_vhost(path, out, node);
	return strcmp(driver, "virtio_vdpa") != 0 || place_virtio(path, out);
}
