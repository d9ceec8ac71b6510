"""The checks of the robustness battery."""
