"""Five tasks, each as one script."""
