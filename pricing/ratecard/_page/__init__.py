"""The price list as a web page; the price sheets as JSON, and a JavaScript module that looks prices up in them."""
