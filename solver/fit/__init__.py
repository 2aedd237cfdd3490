"""Numbers of a model fitted to data by gradient, with what the data can and cannot say of them."""
