// SPDX-License-Identifier: GPL-2.0-or-later
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "error.h"
#include "parallel.h"

/* A thousand of them at a time shall not be refused for want of address space. */
enum { STACK_SIZE = 512 * 1024 };

struct task {
	pthread_t thread;
	bool started;
	void (*run)(void *item);
	void *item;
};

static void *task_run(void *data)
{
	struct task *task = data;

	task->run(task->item);
	return NULL;
}

void parallel(void *items, size_t count, size_t size, void (*run)(void *item))
{
	struct task *tasks = calloc(count, sizeof(*tasks));
	pthread_attr_t attributes;

	if (!tasks || pthread_attr_init(&attributes) != 0 ||
	    pthread_attr_setstacksize(&attributes, STACK_SIZE) != 0)
		error_no_memory();
	/* The last one has the thread that would only wait. */
	for (size_t i = 0; i < count; i++) {
		struct task *task = &tasks[i];

		task->run = run;
		task->item = (char *)items + i * size;
		task->started = i + 1 < count &&
				pthread_create(&task->thread, &attributes, task_run, task) == 0;
	}
	for (size_t i = 0; i < count; i++)
		if (!tasks[i].started)
			run(tasks[i].item);
	for (size_t i = 0; i < count; i++)
		if (tasks[i].started)
			pthread_join(tasks[i].thread, NULL);
	pthread_attr_destroy(&attributes);
	free(tasks);
}
