create database tanager;
